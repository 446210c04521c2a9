scenario "一主两协:主办请人协同,主办人退出时由已接单的接手,都办完才算办结"

off_duty { "officer-1", "officer-2", "officer-3" } -- 由调度台来派

at "08:00" { report { as = "officer-3", category = "fire", grid = "g1", title = "仓库冒烟" } }
at "08:02" {
  dispatch { to = { { user = "officer-1" }, { unit = "d1" } } },
  expect { task = { to = "officer-1", role = "lead" }, tasks = 2 },
  expect { task = { to = "d1", role = "assist" } },
}
at "08:03" {
  accept { as = "officer-1" },
  accept { as = "department-01" },
  call { "incident.assist", as = "officer-1", params = { id = true, to = { { user = "officer-2" } }, note = "需要人手" } },
  refused { call { "incident.assist", as = "officer-2", params = { id = true, to = { { user = "officer-3" } } } }, code = "task.not_lead" },
  expect { task = { to = "officer-2", role = "assist" }, heard = { ["officer-2"] = "incident.assist_asked" } },
}
at "08:10" {
  decline { as = "officer-1", reason = "受伤" },
  expect { task = { to = "d1", role = "lead" }, state = "handling" },
}
at "08:30" { feedback { as = "department-01" }, finish { as = "department-01" }, expect { state = "handling" } }
at "08:40" {
  call { "task.recall", as = "dispatcher", task = "officer-2", params = { reason = "已处置完毕" } },
  expect { state = "handled", heard = { ["officer-2"] = "task.recalled" } },
}
