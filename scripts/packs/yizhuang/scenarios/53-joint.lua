scenario "矛盾纠纷联调:司法局牵头,一家一个任务"

at "08:00" {
  report { as = "officer-1", category = "dispute", grid = "g1", title = "宅基地纠纷" },
  refused { call { "incident.joint", as = "director-t1", params = { id = true, type = "dance", lead = "d3", members = { "d1" } } }, code = "term.unknown" },
  call { "incident.joint", as = "director-t1", params = { id = true, type = "mediate", lead = "d3", members = { "d1", "d2" }, note = "一周内调处" } },
  expect {
    entry = { "joint.formed", type_name = "矛盾纠纷联调", lead = "d3" },
    task = { to = "d1", state = "sent" },
    heard = { ["department-03"] = "joint.formed", ["department-02"] = "task.created" },
  },
}
