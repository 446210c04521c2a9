scenario "催接:没送达先告诉调度,送达了不接每 3 分钟再响,接单即止"

off_duty { "officer-1", "officer-2", "officer-3" }

at "08:00" { report { as = "officer-3", category = "fire", grid = "g1", title = "冒烟" } }
at "08:01" { dispatch { to = "officer-1", remind_ms = minutes(3), remind_times = 5 } }
at "08:03" { expect { heard = { dispatcher = "task.undelivered" } } } -- 手机没收到,不是他不答
at "08:04" { expect { entry = { "task.reminded", times = 1, delivered = false }, heard = { ["officer-1"] = "task.reminded" } } }
at "08:05" { call { "task.delivered", as = "officer-1", task = "officer-1", params = { device = "phone-1" } } }
at "08:07" { expect { entry = { "task.reminded", times = 2, delivered = true } } }
at "08:08" { accept { as = "officer-1" } }
at "09:00" { expect { entries = { { "task.reminded", count = 2 } } } }
