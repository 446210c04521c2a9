scenario "派出去三小时没处置完:黄牌"

at "08:00" { report { as = "officer-1", category = "fire", title = "山边冒烟" }, expect { clock = { dispatch = "met" } } }
at "08:02" { accept { as = "officer-1" } }
at "11:00" { expect { card = "yellow", clock = { resolve = "breached" } } }
