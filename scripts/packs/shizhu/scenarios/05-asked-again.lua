scenario "挂起时阶梯停下,恢复后没人管的从头问起"

user { name = "head-12", display = "马户长", roles = { "officer" }, org = "g1" }
setup { "binding.set", { kind = "household", holder = "head-12", subject = "g1/东院/12" } }

at "08:00" {
  report { as = "dispatcher", category = "dispute", title = "占道堆柴", grid = "g1", address = "g1/东院/12" },
  expect { owner = "household", asked = "head-12" },
}
at "08:03" { suspend { reason = "当事人外出" }, expect { state = "suspended", asked = false } }
at "10:00" { expect { owner = "household" }, resume {}, expect { state = "reported", asked = "head-12" } }
at "10:05" { expect { owner = "grid" } } -- 户长没有应答,院落没有人,当即跳过
