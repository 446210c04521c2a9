scenario "街乡吹哨:一家没来,到时报其上级;后到的记迟到"

at "08:00" {
  report { as = "officer-1", category = "flood", grid = "g1", title = "河堤渗水", place = { lon = 110.500, lat = 27.000 } },
  call { "whistle.blow", as = "director-t1", params = {
    incident = true, units = { "d1", "d2", "d3" }, within_ms = minutes(60), reason = "险情",
  } },
}
at "08:20" { call { "whistle.check_in", as = "department-01", params = { id = true, place = { lon = 110.5, lat = 27.0 } } } }
at "08:40" { call { "whistle.confirm", as = "director-t1", params = { id = true, unit = "d3", reason = "人已到,手机无定位" } } }
at "08:59" { expect { entry = { "whistle.reminded", count = 2 }, no_entry = "whistle.absent" } }
at "09:00" {
  expect {
    entry = { "whistle.absent", count = 1, unit = "d2", name = "城市管理局" },
    whistle = { state = "overdue", d1 = "here", d2 = "absent", d3 = "here" },
    -- 县里是它的上级
    heard = { dispatcher = "whistle.absent", commander = "whistle.absent", ["department-02"] = "whistle.absent" },
    card = "yellow",
  },
}
at "09:20" {
  call { "whistle.check_in", as = "department-02", params = { id = true, place = { lon = 110.5, lat = 27.0 } } },
  expect { whistle = { state = "gathered", d2 = "late" }, entry = { "whistle.checked_in", unit = "d2", late = true, late_ms = minutes(20) } },
}
