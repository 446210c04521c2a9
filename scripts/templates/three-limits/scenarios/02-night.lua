scenario "没人可派:白天 5 分钟、夜里 8 分钟算超时"

busy { "officer-1", "officer-2", "officer-3" }
at "12:00" { report { as = "officer-1", category = "other", title = "路灯不亮" } }
at "12:04" { expect { clock = { dispatch = "due_soon" } } }
at "12:05" { expect { clock = { dispatch = "breached" } } }
at "23:00" { report { as = "officer-1", category = "other", title = "夜里路灯不亮" } }
at "23:05" { expect { clock = { dispatch = "due_soon" } } }
at "23:08" { expect { clock = { dispatch = "breached" }, entry = "incident.urged" } }
