scenario "镇里没人:当即跳过,上报到县"

busy { "officer-1", "officer-2", "officer-3" }
nobody_at "t1"
at "08:00" { report { as = "officer-1", category = "dispute", title = "邻里纠纷" }, expect { owner = "g1" } }
at "08:05" {
  expect {
    owner = "county",
    entry = { "incident.escalated", count = 1 },
    heard = { dispatcher = "incident.escalated", commander = "incident.escalated" },
  },
}
