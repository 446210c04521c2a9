scenario "红色事件有批注,其余没有"

at "08:00" { report { as = "officer-1", category = "fire", title = "山边冒烟", level = 1 }, expect { entry = "incident.commented" } }
at "09:00" { report { as = "officer-1", category = "other", title = "路灯不亮", level = 4 }, expect { no_entry = "incident.commented" } }
