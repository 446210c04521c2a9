scenario "退回与拒单:地址不清退回上报人;拒单改派;核查不过退回重办"

busy { "officer-1", "officer-2", "officer-3" }
at "08:00" { report { as = "officer-1", category = "dispute", title = "有人吵架" }, expect { state = "reported" } }
at "08:02" {
  return_to_reporter { as = "director-t1", reason = "地点不清,请补充门牌" },
  expect { state = "returned", clock = { dispatch = "paused" }, heard = { ["officer-1"] = "incident.returned" } },
}
-- 等补充的时间不计入时限
at "09:00" {
  expect { no_entry = { "clock.breached", "incident.escalated" } },
  comment { as = "officer-1", text = "一村三组 12 号" },
  take { as = "director-t1" },
  expect { state = "accepted", clock = { dispatch = "running" } },
  dispatch { as = "director-t1", to = "officer-3" },
}
at "09:05" {
  decline { as = "officer-3", reason = "不在本乡" },
  expect { state = "accepted", task = { to = "officer-3", state = "declined" } },
  dispatch { as = "director-t1", to = "officer-2" },
  accept { as = "officer-2" },
  refused { call { "incident.recall", as = "director-t1", params = { id = true } }, code = "incident.state" }, -- 已接单,不能撤回
}
at "09:40" { feedback { as = "officer-2", text = "双方已劝开" }, finish { as = "officer-2" } }
at "10:00" {
  verify { as = "director-t1", pass = false, note = "一方仍在门口,未解决" },
  expect { state = "accepted" },
  dispatch { as = "director-t1", to = "officer-2" },
  accept { as = "officer-2" },
}
at "11:00" {
  feedback { as = "officer-2", text = "签了和解书" },
  finish { as = "officer-2" },
  verify { as = "director-t1", pass = true },
  close { as = "director-t1" },
  expect { state = "closed", entry = { "incident.verified", count = 2 } },
}
