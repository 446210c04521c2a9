scenario "橙色事件从镇里问起,五分钟一级"

at "08:00" { report { as = "dispatcher", category = "fire", title = "山边冒烟", grid = "g1", level = 2 }, expect { owner = "township", asked = "director-t1" } }
at "08:05" { expect { owner = "county" } }
