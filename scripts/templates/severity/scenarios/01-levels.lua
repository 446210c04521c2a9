scenario "红色到县、橙色到镇、蓝色归网格"

at "08:00" { report { as = "officer-1", category = "fire", title = "厂房着火", level = 1 }, expect { owner = "county", entry = "incident.dispatched" } }
at "09:00" { expect { card = "red" } }
at "10:00" { report { as = "officer-1", category = "fire", title = "山边冒烟", level = 2 }, expect { owner = "t1" } }
at "11:00" { report { as = "officer-1", category = "other", title = "路灯不亮", level = 4 }, expect { owner = "g1" } }
