scenario "从上报到评价:派单、接单、到场、反馈、核查、结案、上报人评价"

at "08:00" {
  report { as = "officer-2", category = "fire", grid = "g2", title = "垃圾堆冒烟", occurred = "07:50" },
  expect { state = "dispatched", task = { to = "officer-1", state = "sent" } },
}
at "08:03" { accept { as = "officer-1" }, expect { state = "handling" } }
at "08:20" { arrive { as = "officer-1" } }
at "08:50" { feedback { as = "officer-1", text = "已扑灭,现场清理完毕" } }
-- 没有反馈完、没有核查,不能结案
at "08:51" { refused { close { as = "director-t1" }, code = "incident.state" }, finish { as = "officer-1" } }
at "08:55" {
  expect { state = "handled", clock = { resolve = "met" } },
  refused { close { as = "director-t1" }, code = "incident.state" },
  verify { as = "director-t1", pass = true, note = "电话核实" },
}
at "08:56" { refused { rate { as = "officer-2", score = 5 }, code = "incident.state" }, close { as = "director-t1" } }
at "09:30" {
  refused { rate { as = "officer-1", score = 5 }, code = "incident.foreign" }, -- 自己办的不能自己评
  refused { rate { as = "director-t1", score = 5 }, code = "rate.reporter" },
  rate { as = "officer-2", score = 4, text = "来得快" },
  expect { rating = 4, heard = { ["director-t1"] = "incident.rated" } },
}
-- 回访电话里改了主意:以最后一次为准
at "15:00" { rate { as = "dispatcher", score = 5, by_phone = true }, expect { state = "closed", rating = 5 } }
-- 复燃:重开,评价作废
at "16:00" {
  call { "incident.reopen", as = "dispatcher", params = { id = true, reason = "复燃" } },
  expect { state = "accepted", rating = false },
}
