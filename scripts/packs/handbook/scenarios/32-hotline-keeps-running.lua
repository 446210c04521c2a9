scenario "热线挂起不停表,退回补充材料才停"

at "08:00" { report { as = "officer-1", category = "hotline", title = "停水", level = 1 } }
at "08:30" { suspend { reason = "联系不上来电人" }, expect { clock = { urgent = "running" } } }
at "09:00" { resume {}, expect { due = { urgent = "10:00" } } }
at "09:10" { call { "incident.return", as = "dispatcher", params = { id = true, reason = "地址不清" } }, expect { clock = { urgent = "paused" } } }
at "13:00" { take {}, expect { clock = { urgent = "running" }, due = { urgent = "13:50" } } }
