scenario "没有这回事"
at "08:00" {
  report { as = "officer-1", category = "fire", title = "冒烟" },
  expect { state = "closed", tasks = 1, clock = { dispatch = "running" }, owner = "t1" },
  expect { heard = { ["director-t2"] = "incident.reported" }, entry = { "incident.commented", count = 2 } },
  expect { no_entry = "incident.commented", not_heard = { ["director-t1"] = "incident.reported" }, task = { to = "officer-1" } },
  accept { as = "officer-1" },
  refused { comment { text = "好" } },
  refused { verify { pass = true }, code = "no.such" },
  dispatch { as = "officer-2", to = "officer-1" },
}
