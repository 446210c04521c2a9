scenario "5 分钟未派单:上报到镇,镇里听到"

busy { "officer-1", "officer-2", "officer-3" } -- 都在忙,无人可派
at "08:00" {
  report { as = "officer-1", category = "dispute", title = "邻里纠纷" },
  expect { state = "reported", owner = "g1", tasks = 0, clock = { dispatch = "running" } },
}
at "08:02:29" { expect { no_entry = { "clock.warned", "clock.breached" } } }
at "08:04" { expect { entry = { "clock.warned", count = 2, clock = "dispatch" } } } -- 一半与八成
at "08:04:59" { expect { no_entry = "incident.escalated" } }
at "08:05" {
  expect {
    owner = "t1",
    clock = { dispatch = "breached" },
    entry = { "incident.escalated", count = 1 },
    heard = { ["director-t1"] = "incident.escalated", dispatcher = "incident.escalated" },
    not_heard = { ["director-t2"] = "incident.escalated" },
  },
}
-- 镇里派了单:不再上报到县
at "08:20" { dispatch { as = "director-t1", to = "officer-2" } }
at "08:21" { accept { as = "officer-2" } }
at "+1 08:00" { expect { entry = { "incident.escalated", count = 1 }, clock = { dispatch = "met_late" } } }
