scenario "红色事件:15 分钟一次平安确认,没有回音即报警,两次上报到镇"

at "08:00" { report { as = "officer-1", category = "fire", level = 1, grid = "g1", title = "山火" } }
at "08:01" { accept { as = "officer-1" }, expect { entry = { "task.checkin_started", every_ms = minutes(15) } } }
at "08:10" { arrive { as = "officer-1" }, check_in { as = "officer-1", note = "已到山口" } }
at "08:25" { expect { heard = { ["officer-1"] = "task.check_in_due" }, no_entry = "task.check_in_missed" } }
at "08:27" {
  expect {
    entry = { "task.check_in_missed", count = 1 },
    heard = { dispatcher = "task.check_in_missed", ["director-t1"] = "task.check_in_missed" },
    not_heard = { ["director-t2"] = "task.check_in_missed" },
    owner = "grid",
  },
}
restart "08:50" -- 停机也不会忘:先提醒,再给足宽限
at "08:51" { expect { entry = { "task.check_in_missed", count = 1 } } }
at "08:52" { expect { entries = { { "task.check_in_missed", count = 2 } }, owner = "t1" } }
at "08:55" {
  check_in { as = "officer-1", note = "刚才山谷里没有信号" },
  refused { call { "task.checkin_clear", as = "officer-1", task = "officer-1", params = { note = "我没事" } }, code = "role" },
  call { "task.checkin_clear", as = "dispatcher", task = "officer-1", params = { note = "已通话,人平安" } },
  refused { call { "task.checkin_clear", as = "dispatcher", task = "officer-1", params = { note = "再次" } }, code = "alarm.none" },
}
at "09:05" { feedback { as = "officer-1", text = "明火已灭" }, finish { as = "officer-1" } }
at "09:30" { expect { state = "handled", entries = { { "task.check_in_due", count = 2 } } } }
