-- 并案时阶梯停下;拆案后还没人管的,从头问起
scenario "拆案后重新逐级询问"
setup { "binding.set", { kind = "grid_head", holder = "officer-1", subject = "g1" } }

at "08:00" { report { as = "officer-2", category = "dispute", grid = "g1", title = "占道争执" } }
at "08:01" { report { as = "officer-2", category = "dispute", grid = "g1", title = "又报占道争执" } }
at "08:02" { merge { incident = 2, into = 1 } }
at "08:03" { split_off { incident = 2 } }
at "08:03" { expect { incident = 2, state = "reported", owner = "grid" } }
