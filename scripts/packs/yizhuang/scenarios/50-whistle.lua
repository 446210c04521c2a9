scenario "街乡吹哨,部门报到:到齐、会商、一部门一条措施、回访、办结"

at "08:00" {
  report { as = "officer-1", category = "utility", grid = "g1", title = "路面塌陷", place = { lon = 110.500, lat = 27.000 } },
}
at "08:10" {
  call { "whistle.blow", as = "director-t1", params = {
    incident = true, units = { "d1", "d2" }, within_ms = minutes(60), radius_m = 300, reason = "管线不明,需现场会商",
  } },
  expect {
    whistle = { state = "blown", d1 = "waiting", d2 = "waiting" },
    heard = { ["department-01"] = "whistle.blown", ["department-02"] = "whistle.blown" },
    not_heard = { ["department-03"] = "whistle.blown", ["director-t2"] = "whistle.blown" },
  },
  refused { call { "whistle.check_in", as = "department-03", params = { id = true, place = { lon = 110.5, lat = 27.0 } } }, code = "whistle.foreign" },
}
at "08:30" {
  -- 还在五公里外
  refused { call { "whistle.check_in", as = "department-01", params = { id = true, place = { lon = 110.55, lat = 27.0 } } }, code = "whistle.outside" },
}
at "08:45" { call { "whistle.check_in", as = "department-01", params = { id = true, place = { lon = 110.501, lat = 27.0 } } } }
at "08:55" {
  expect { entry = { "whistle.reminded", count = 1 } }, -- 时间过半;八成时催的是没到的
  call { "whistle.check_in", as = "department-02", params = { id = true, place = { lon = 110.502, lat = 27.001, acc = 30 } } },
  expect { whistle = { state = "gathered", d1 = "here", d2 = "here" } },
}
at "09:30" {
  call { "whistle.minutes", as = "director-t1", params = { id = true, text = "应急局围挡,城管局抢修管线" } },
  call { "whistle.measure", as = "director-t1", params = { id = true, unit = "d1", text = "今日围挡并值守" } },
  refused { call { "whistle.close", as = "director-t1", params = { id = true } }, code = "whistle.no_measure" },
  call { "whistle.measure", as = "department-02", params = { id = true, unit = "d2", text = "三日内抢修回填" } },
  expect { whistle = "agreed", task = { to = "d2", state = "sent" } },
}
at "10:00" {
  accept { as = "department-01" }, feedback { as = "department-01", text = "已围挡" }, finish { as = "department-01" },
}
at "+2 16:00" {
  refused { call { "whistle.follow_up", as = "director-t1", params = { id = true, text = "看过", ok = true } }, code = "whistle.measure_open" },
  accept { as = "department-02" }, feedback { as = "department-02", text = "已回填" }, finish { as = "department-02" },
}
at "+3 09:00" {
  call { "whistle.follow_up", as = "director-t1", params = { id = true, text = "路面平整,居民认可", ok = true } },
  call { "whistle.close", as = "director-t1", params = { id = true, note = "办结" } },
  expect { whistle = "closed", no_entry = { "whistle.absent", "whistle.withdrawn" } },
}
