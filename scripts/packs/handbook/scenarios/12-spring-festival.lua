scenario "停工 4 工作时:调休的周六 16 点半派出,春节九天不计,节后第一天 11 点半到期"
day "2026-02-14"

at "16:30" {
  report { as = "officer-1", category = "illegal_building.stop", title = "有人加建" },
  dispatch { to = "officer-1" },
  expect { due = { stop = "2026-02-24 11:30" } },
}
at "+9 23:59" { expect { clock = { stop = "running" }, no_entry = { "clock.warned", "clock.overdue" } } }
at "2026-02-24 11:29" { expect { clock = { stop = "due_soon" } } }
at "2026-02-24 11:30" { expect { clock = { stop = "overdue" } } }
