scenario "有人应答就停:户长不应,院落长说我来办"

user { name = "head-12", display = "马户长", roles = { "officer" }, org = "g1" }
user { name = "head-yard", display = "谭院落长", roles = { "officer" }, org = "g1" }
setup { "binding.set", { kind = "household", holder = "head-12", subject = "g1/东院/12" } }
setup { "binding.set", { kind = "courtyard", holder = "head-yard", subject = "g1/东院" } }

at "08:00" { report { as = "dispatcher", category = "dispute", title = "占道堆柴", grid = "g1", address = "g1/东院/12" } }
at "08:04" { refused { call { "ladder.take", as = "officer-1", params = { id = true } }, code = "ladder.foreign" } }
at "08:05" { expect { owner = "courtyard", asked = "head-yard" } }
at "08:14" {
  call { "ladder.take", as = "head-yard", params = { id = true, note = "我在隔壁" } },
  expect { state = "handling", asked = false, task = { to = "head-yard", state = "accepted" } },
}
at "08:15" { expect { owner = "courtyard", entry = { "incident.escalated", count = 1 } } }
at "08:30" { feedback { as = "head-yard" }, finish { as = "head-yard" }, expect { state = "handled" } }
at "12:00" { expect { entry = { "incident.escalated", count = 1 }, no_entry = "ladder.stopped" } }

-- 恰好到时的应答也算:受理的那一刻,阶梯就停了
at "13:00" { report { as = "dispatcher", category = "other", title = "路灯不亮", grid = "g2" }, expect { owner = "grid" } }
at "13:09:59" { take { as = "director-t1" } }
at "13:10" { expect { owner = "grid", state = "accepted", no_entry = "incident.escalated" } }
