scenario "停机期间到期:恢复后只提醒一次,并说明迟了多久"

busy { "officer-1", "officer-2", "officer-3" }
at "08:00" { report { as = "officer-1", category = "traffic", title = "路障" } }
at "08:03" { expect { no_entry = "clock.breached" } }
restart "08:25" -- 08:05 就该到期
at "08:25" {
  expect {
    owner = "t1",
    entries = {
      { "clock.breached", count = 1, clock = "dispatch", late_ms = minutes(20) },
      { "incident.escalated", count = 1 },
    },
  },
}
at "08:30" { expect { entry = { "clock.breached", count = 1, clock = "dispatch" } } }
