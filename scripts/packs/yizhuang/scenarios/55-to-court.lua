scenario "诉调对接:调解不成,移交法院,有对接编号"

at "08:00" {
  report { as = "officer-1", category = "dispute", grid = "g1", title = "欠薪纠纷" },
  call { "mediation.open", as = "director-t1", params = { incident = true, kind = "administrative", class = "labour", mediator = "department-03" } },
  expect { heard = { ["department-03"] = "mediation.opened" } },
}
at "10:00" {
  refused { call { "mediation.stage", as = "department-02", params = { id = true, stage = "listen", text = "x" } }, code = "mediation.foreign" },
  call { "mediation.parties", as = "department-03", params = { id = true, parties = { { name = "王小二", phone = "13900001111" }, { name = "某工程公司" } } } },
  call { "mediation.settle", as = "department-03", params = { id = true, outcome = "failed", text = "公司拒绝到场", satisfied = false } },
  refused { call { "mediation.stage", as = "department-03", params = { id = true, stage = "joint", text = "x" } }, code = "mediation.state" },
  call { "mediation.to_court", as = "department-03", params = { id = true, court = "县人民法院速裁庭", note = "王小二申请司法确认" } },
  expect { mediation = "to_court", entry = { "mediation.sent_to_court", court = "县人民法院速裁庭", note = "王*申请司法确认" } },
}
