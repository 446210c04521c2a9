scenario "夜里的橙色事件镇里接手,白天的归网格"

at "14:00" { report { as = "officer-1", category = "fire", title = "白天冒烟", level = 2 }, expect { owner = "g1" } }
at "23:30" {
  report { as = "officer-1", category = "fire", title = "夜里冒烟", level = 2 },
  expect { owner = "t1", heard = { ["director-t1"] = "incident.escalated" } },
}
at "23:40" { report { as = "officer-1", category = "other", title = "夜里犬吠", level = 4 }, expect { owner = "g1" } }
