scenario "申请挂起到明早八点:获准即停表,到时自动恢复"

at "08:00" { report { as = "officer-2", category = "fire", grid = "g2", title = "渗水原因待查" } }
at "08:05" { accept { as = "officer-1" } }
at "10:00" { ask_suspend { as = "officer-1", reason = "等鉴定结果", till = "+1 08:00" } }
at "10:05" {
  grant { as = "director-t1" },
  expect { state = "suspended", clock = { resolve = "paused" }, entry = { "incident.suspended", reason = "等鉴定结果" } },
}
at "20:00" { expect { state = "suspended", no_entry = { "clock.breached", "incident.resumed" } } }
at "+1 08:00" {
  expect { state = "handling", clock = { resolve = "running" }, due = { resolve = "+1 08:55" }, entry = { "incident.resumed", by_itself = true } },
}
-- 值班直接挂起,断电期间到时:恢复后即补
at "+1 08:10" { suspend { as = "director-t1", reason = "断路", till = "+1 09:00" } }
restart "+1 09:20"
at "+1 09:20" { expect { state = "handling", entry = { "incident.resumed", count = 2 }, due = { resolve = "+1 10:05" } } }
-- 提前恢复的,旧的时间不再起作用
at "+1 09:30" { suspend { as = "director-t1", reason = "断路", till = "+1 11:00" }, resume { as = "director-t1" } }
at "+1 09:40" { suspend { as = "director-t1", reason = "等材料" } }
at "+1 12:00" { expect { state = "suspended", entry = { "incident.resumed", count = 3 } } }
