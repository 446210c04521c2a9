scenario "谁都不接:一刻钟到县,半小时红牌"

at "08:00" { report { as = "officer-1", category = "elder", title = "老人摔倒" } }
at "08:15" { expect { owner = "county", entry = "incident.urged" } }
at "08:30" { expect { card = "red" } }
