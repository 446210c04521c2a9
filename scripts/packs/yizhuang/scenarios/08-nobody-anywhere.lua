scenario "网格、村、镇都没人:一上报就归县里"

off_duty { "officer-1", "officer-2", "officer-3" }
nobody_at "t1"
at "08:00" {
  report { as = "dispatcher", grid = "g1", category = "other", title = "井盖丢失" },
  expect { owner = "county", tasks = 0, no_entry = "incident.escalated" },
}
-- 已在县里,没有更上一级
at "+1 08:00" { expect { owner = "county", no_entry = { "incident.escalated", "policy.refused", "policy.failed" } } }
