scenario "六长里空着两长:当即跳过,其余一级等一级"

user { name = "head-12", display = "马户长", roles = { "officer" }, org = "g1" }
user { name = "head-yard", display = "谭院落长", roles = { "officer" }, org = "g1" }
setup { "binding.set", { kind = "household", holder = "head-12", subject = "g1/东院/12" } }
setup { "binding.set", { kind = "courtyard", holder = "head-yard", subject = "g1/东院" } }
setup { "binding.set", { kind = "grid_head", holder = "officer-1", subject = "g1" } }
unit { id = "p1", parent = "t1", kind = "police_post", name = "一镇派出所" }
user { name = "police-1", display = "秦所长", roles = { "department" }, org = "p1" }
off_duty { "head-yard" } -- 院落长不在岗;一村没有村长

at "08:00" {
  report { as = "dispatcher", category = "dispute", title = "滴水檐纠纷", grid = "g1", address = "g1/东院/12" },
  expect { owner = "household", asked = "head-12", heard = { ["head-12"] = "ladder.started" }, not_heard = { ["officer-1"] = "ladder.started" } },
}
-- 户长等 5 分钟;院落长空着,直接问网格长
at "08:05" { expect { owner = "grid", asked = "officer-1", entry = { "incident.escalated", count = 1, by_itself = true } } }
at "08:14" { expect { owner = "grid" } }
-- 村长空着,直接问派出所所长
at "08:15" { expect { owner = "police_post", asked = "police-1", heard = { ["police-1"] = "incident.escalated" } } }
at "08:25" { expect { owner = "township", asked = "director-t1" } }
at "08:44" { expect { owner = "t1" } }
at "08:45" { expect { owner = "county", entry = { "incident.escalated", count = 4 } } }
at "09:15" { expect { owner = "county", asked = false, entry = { "ladder.stopped", count = 1, why = "top" } } }
at "12:00" { expect { entry = { "incident.escalated", count = 4 } } }
