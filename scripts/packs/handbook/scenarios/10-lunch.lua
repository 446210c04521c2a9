scenario "道路保洁 2 工作时:11 点派出,午休不计,15 点半到期;提醒在工作时间里"

at "11:00" {
  report { as = "officer-1", category = "road_cleaning", title = "路面有泥" },
  dispatch { to = "officer-1" },
  expect { clock = { cleaning = "running", rubbish = false }, due = { cleaning = "15:30" } },
}
at "11:59" { expect { no_entry = "clock.warned" } }
at "12:00" { expect { entry = { "clock.warned", count = 1, share = 0.5 }, clock = { cleaning = "due_soon" } } }
at "14:30" { expect { entry = { "clock.warned", count = 1 } } }
at "15:06" { expect { entry = { "clock.warned", count = 2 } } } -- 八成:1 小时 36 分
at "15:29" { expect { no_entry = "clock.overdue" } }
at "15:30" { expect { clock = { cleaning = "overdue" }, entry = { "clock.overdue", count = 1 }, no_entry = "clock.breached" } }
at "16:29" { expect { no_entry = "incident.supervised" } }
at "16:30" { expect { clock = { cleaning = "breached" }, card = "yellow" } }
