scenario "网格不应答问镇里(村里没人),镇里不应答问县里"

at "08:00" { report { as = "dispatcher", category = "other", title = "路面积水", grid = "g1", level = 3 }, expect { owner = "grid", asked = "officer-1" } }
at "08:10" { expect { owner = "township", asked = "director-t1" } }
at "08:30" { expect { owner = "county" } }
