scenario "没派出去:先到镇,再到县"

at "08:00" { report { as = "officer-1", category = "other", title = "无主垃圾" }, expect { owner = "g1" } }
at "08:10" { expect { owner = "t1", heard = { ["director-t1"] = "incident.escalated" } } }
at "08:40" { expect { owner = "county" } }
