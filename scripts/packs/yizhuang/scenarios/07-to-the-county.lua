scenario "镇里 30 分钟仍未派出:上报到县"

busy { "officer-1", "officer-2", "officer-3" }
at "08:00" { report { as = "officer-1", category = "dispute", title = "邻里纠纷" } }
at "08:34" { expect { owner = "t1" } }
at "08:35" {
  expect { owner = "county", entry = { "incident.escalated", count = 2 }, heard = { dispatcher = "incident.escalated" } },
}
