scenario "节前挂起、节后恢复:假期不花一分钟;宽限也按工作时间算"
day "2026-02-13"

at "15:30" {
  report { as = "officer-1", category = "illegal_building.stop", title = "有人加建" },
  dispatch { to = "officer-1" },
  expect { due = { stop = "2026-02-14 10:30" } },
}
at "17:00" { suspend { reason = "户主返乡" } } -- 还剩 2.5 工作时
at "2026-02-20 10:00" { expect { clock = { stop = "paused" }, no_entry = { "clock.warned", "clock.overdue" } } }
at "2026-02-22 10:00" { resume {}, expect { clock = { stop = "running" }, due = { stop = "2026-02-24 11:00" } } }
at "2026-02-24 08:29" { expect { no_entry = "clock.warned" } }
at "2026-02-24 11:00" { expect { clock = { stop = "overdue" } } }
at "2026-02-24 12:00" { expect { clock = { stop = "breached" } } }
