scenario "周五下班前办结:到期那一刻起不催不罚,周末、夜里也没有提醒"
day "2026-03-06"

at "15:30" {
  report { as = "officer-1", category = "road_cleaning", title = "路面有泥" },
  dispatch { to = "officer-1" },
  accept { as = "officer-1" },
  expect { due = { cleaning = "17:30" } },
}
at "17:00" { feedback { as = "officer-1" }, finish { as = "officer-1" } }
at "+4 12:00" { expect { clock = { cleaning = "met" }, no_entry = { "clock.overdue", "clock.breached", "incident.supervised" } } }
