scenario "拒单:改派下一位;有人接单后不再上报"

at "08:00" { report { as = "officer-1", category = "other", title = "井盖丢失" }, expect { task = { to = "officer-1" } } }
at "08:01" {
  decline { as = "officer-1", reason = "在外执勤" },
  expect { task = { to = "officer-2", state = "sent" } },
  accept { as = "officer-2" },
}
at "08:30" { expect { no_entry = { "incident.escalated", "task.expired" } } }
at "11:00" { expect { entry = { "clock.breached", count = 1, clock = "resolve" }, card = "yellow" } }
