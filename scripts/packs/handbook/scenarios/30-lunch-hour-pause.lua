scenario "午休前挂起、下午恢复:剩下的工作时间不多不少"

at "10:00" {
  report { as = "officer-1", category = "exposed_rubbish", title = "垃圾外溢" },
  dispatch { to = "officer-1" },
  expect { due = { rubbish = "16:30" } },
}
at "11:30" { suspend { reason = "等车" }, expect { clock = { rubbish = "paused" } } } -- 已用 1.5,还剩 2.5 工作时
at "13:00" { resume {}, expect { due = { rubbish = "17:00" } } }                     -- 午休里恢复,14:30 才走
at "15:00" { suspend { reason = "等车" } }
at "15:20" { resume {}, expect { due = { rubbish = "17:20" } } }
at "17:19" { expect { no_entry = "clock.overdue" } }
at "17:20" { expect { clock = { rubbish = "overdue" } } }
