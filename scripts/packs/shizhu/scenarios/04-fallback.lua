scenario "逐级无人应答、或根本没有人:归兜底单位"

setup { "fallback.set", { org = "county", owner = "d1" } }

at "08:00" { report { as = "dispatcher", category = "other", title = "化粪池外溢", grid = "g1", level = 2 }, expect { owner = "t1" } }
at "08:05" { expect { owner = "county" } } -- 橙色:每级 5 分钟
at "08:10" {
  expect { owner = "d1", asked = false, entry = { "incident.escalated", count = 2 }, heard = { ["department-01"] = "incident.escalated" } },
}
at "12:00" { expect { owner = "d1", entry = { "incident.escalated", count = 2 }, no_entry = "ladder.stopped" } }

off_duty { "officer-1", "officer-2", "officer-3", "director-t1", "dispatcher", "commander" }
at "13:00" {
  report { as = "department-01", category = "other", title = "无主垃圾", grid = "g1" },
  expect { owner = "d1", asked = false, no_entry = { "incident.escalated", "policy.failed", "policy.refused" } },
}
