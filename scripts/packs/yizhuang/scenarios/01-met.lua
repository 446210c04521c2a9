scenario "三限时全部按时:20 分钟内上报、当即派单、3 小时内处置完毕"

at "08:00" {
  report { as = "officer-2", category = "fire", grid = "g2", title = "山边冒烟", occurred = "07:40" },
  expect {
    state = "dispatched",
    task = { to = "officer-1", state = "sent" }, -- 会救火的,而不是最近的
    clock = { detect = "met", dispatch = "met", resolve = "running" },
    heard = { ["officer-1"] = "task.created", ["director-t1"] = "incident.reported", ["dispatcher"] = "incident.dispatched" },
    not_heard = { ["director-t2"] = { "incident.reported", "task.created" } },
  },
}
at "08:02" { accept { as = "officer-1" } }
at "08:15" { arrive { as = "officer-1" } }
at "09:30" { feedback { as = "officer-1", text = "明火已扑灭" }, finish { as = "officer-1" } }
at "09:40" {
  expect { state = "handled", clock = { resolve = "met" }, no_entry = { "clock.breached", "incident.escalated" } },
  verify { pass = true },
  close {},
}
-- 之后再没有提醒
at "+1 12:00" { expect { state = "closed", no_entry = { "clock.breached", "clock.warned", "task.expired" } } }
