scenario "街乡吹哨:服务器停了三小时,回来后照样报未到的部门"

at "08:00" {
  report { as = "officer-1", category = "flood", grid = "g1", title = "河堤渗水" },
  call { "whistle.blow", as = "director-t1", params = { incident = true, units = { "d1", "d2" }, within_ms = minutes(60), reason = "险情" } },
}
restart "12:00"
at "12:00" {
  expect { entry = { "whistle.absent", count = 2, late_ms = hours(3) }, no_entry = "whistle.reminded", whistle = "overdue" },
}
