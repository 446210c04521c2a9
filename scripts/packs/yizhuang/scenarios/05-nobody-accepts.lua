scenario "派出 10 分钟无人接单:任务失效,上报到镇"

at "08:00" { report { as = "officer-1", category = "fire", title = "冒烟" }, expect { task = { to = "officer-1", state = "sent" } } }
at "08:09" { expect { no_entry = "incident.escalated" } }
at "08:10" {
  expect {
    task = { to = "officer-1", state = "expired" },
    owner = "t1",
    heard = { ["director-t1"] = { "task.expired", "incident.escalated" } },
  },
  refused { accept { as = "officer-1" } }, -- 过期的派单不能再接
}
