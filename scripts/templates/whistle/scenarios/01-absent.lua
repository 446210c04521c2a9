scenario "接哨后未按时报到的部门:黄牌,点名"

at "08:00" { report { as = "officer-1", category = "utility", grid = "g1", title = "路面塌陷", level = 3 } }
at "08:05" {
  call { "whistle.blow", as = "director-t1", params = { incident = true, units = { "d1" }, within_ms = minutes(60), radius_m = 300, reason = "需现场会商" } },
}
at "09:05" { expect { card = "yellow", entry = "whistle.absent" } }
