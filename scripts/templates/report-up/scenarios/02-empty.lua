scenario "镇里没人:当即到县"

nobody_at "t1"
at "08:00" { report { as = "officer-1", category = "other", title = "无主垃圾" } }
at "08:10" { expect { owner = "county" } }
