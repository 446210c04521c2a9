scenario "暴露垃圾 4 工作时:周五 16 点半派出,周一 11 点半到期;周末无人打扰"
day "2026-03-06"

at "16:30" {
  report { as = "officer-1", category = "exposed_rubbish", title = "垃圾外溢" },
  dispatch { to = "officer-1" },
  expect { due = { rubbish = "2026-03-09 11:30" } },
}
at "+3 08:29" { expect { no_entry = { "clock.warned", "incident.urged" } } }
at "+3 09:30" { expect { entry = { "clock.warned", count = 1, share = 0.5 } } }
at "+3 11:00" { accept { as = "officer-1" }, feedback { as = "officer-1", text = "已清运" }, finish { as = "officer-1" } }
at "+3 18:00" { expect { clock = { rubbish = "met" }, no_entry = { "clock.overdue", "clock.breached" } } }
