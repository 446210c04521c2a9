scenario "网格长请假:代理人顶上;代理人也不在,就跳过"

setup { "leave.set", { user = "officer-1", from = "2026-03-01T16:00:00Z", ["until"] = "2026-03-04T16:00:00Z", deputy = "officer-2", reason = "探亲" } }

at "08:00" {
  report { as = "dispatcher", category = "other", title = "井盖丢失", grid = "g1" },
  expect { owner = "g1", asked = "officer-2", heard = { ["officer-2"] = "ladder.started" }, not_heard = { ["officer-1"] = "ladder.started" } },
  -- 派给请假的人,就是没派
  refused { dispatch { to = "officer-1" }, code = "officer.on_leave" },
  call { "ladder.take", as = "officer-2", params = { id = true } },
  expect { state = "handling" },
}
at "08:30" {
  call { "duty.end", as = "officer-2" },
  report { as = "dispatcher", category = "other", title = "又一个井盖", grid = "g1" },
  expect { owner = "t1", asked = "director-t1" },
}
-- 销假回来,还是他的事
at "09:30" {
  call { "leave.end", as = "director-t1", params = { user = "officer-1" } },
  report { as = "dispatcher", category = "other", title = "第三个井盖", grid = "g1" },
  expect { owner = "g1", asked = "officer-1" },
}
