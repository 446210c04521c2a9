scenario "处罚 7 工作日、拆除 20 工作日:次日起算,春节不算,调休的周六算,最后一日下班时到期"
day "2026-02-13"

at "10:00" {
  report { as = "officer-1", category = "illegal_building.penalty", title = "违建处罚" },
  dispatch { to = "officer-1" },
  expect { due = { penalty = "2026-03-02 17:30" } }, -- 2 月 14、24–28 日,3 月 2 日
}
at "11:00" {
  report { as = "officer-2", category = "illegal_building.removal", title = "违建拆除" },
  dispatch { to = "officer-2" },
  expect { due = { removal = "2026-03-19 17:30" } },
}
at "2026-03-02 17:29" { expect { incident = 1, clock = { penalty = "due_soon" } } }
at "2026-03-02 17:30" { expect { incident = 1, clock = { penalty = "overdue" }, no_entry = "clock.breached" } }
at "2026-03-03 09:30" { expect { incident = 1, clock = { penalty = "breached" }, card = "yellow" } } -- 宽限 1 工作时
