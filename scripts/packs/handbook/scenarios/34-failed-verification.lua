scenario "核查不通过:剩下的工作时间接着走,核查所用的不计"

at "10:00" {
  report { as = "officer-1", category = "exposed_rubbish", title = "垃圾外溢" },
  dispatch { to = "officer-1" },
  accept { as = "officer-1" },
}
at "11:00" { feedback { as = "officer-1" }, finish { as = "officer-1" }, expect { clock = { rubbish = "met" } } }
at "16:30" { verify { pass = false, note = "没清干净" }, expect { clock = { rubbish = "running" }, due = { rubbish = "+1 10:30" } } }
