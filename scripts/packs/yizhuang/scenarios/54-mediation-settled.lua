scenario "矛盾调处:六步走完,村里化解;当事人姓名只有调解员看得到"

at "08:00" {
  report { as = "officer-1", category = "dispute", grid = "g1", title = "宅基地纠纷" },
  call { "mediation.open", as = "officer-1", params = {
    incident = true, kind = "people", class = "family",
    parties = { { name = "张三", phone = "13812341234", role = "申请人" }, { name = "李四", role = "被申请人" } },
  } },
  expect { mediation = "open", heard = { ["director-t1"] = "mediation.opened" }, not_heard = { dispatcher = "mediation.recorded", ["officer-1"] = "mediation.recorded" } },
  refused { call { "mediation.open", as = "director-t1", params = { incident = true, kind = "people", class = "family" } }, code = "mediation.duplicate" },
}
at "08:30" { call { "mediation.stage", as = "officer-1", params = { id = true, stage = "listen", text = "张三、李四各说各理", tags = { "feeling" } } } }
at "09:00" {
  call { "mediation.stage", as = "officer-1", params = { id = true, stage = "guide", text = "讲村规民约", tags = { "reason", "rules" } } },
  expect { entry = { "mediation.moved", stage = "guide", text = "讲村规民约" } },
  refused { call { "mediation.stage", as = "officer-1", params = { id = true, stage = "listen", text = "再听" } }, code = "mediation.back" },
  refused { call { "mediation.settle", as = "officer-1", params = { id = true, outcome = "settled" } }, code = "mediation.level" },
  call { "mediation.settle", as = "officer-1", params = {
    id = true, outcome = "settled", level = "village", agreement = "张三退让半米,李四出工砌墙", satisfied = true, text = "双方握手言和",
  } },
  expect {
    mediation = "settled",
    entry = { "mediation.settled", agreement = "张*退让半米,李*出工砌墙", text = "双方握手言和" },
    -- 调成了,事件仍要由任务反馈、核查后才能结案
    no_entry = { "incident.handled", "incident.closed" },
  },
}
