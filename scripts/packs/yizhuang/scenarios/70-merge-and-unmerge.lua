scenario "同一场火两人报:并案后一起办,发现不是一回事再拆开,什么都没丢"

at "08:00" { report { as = "officer-2", category = "fire", grid = "g2", title = "山边冒烟" } }
at "08:02" {
  report { as = "officer-3", category = "fire", grid = "g3", title = "看到山火" },
  expect { state = "dispatched", clock = { dispatch = "met", resolve = "running" } },
}
at "08:05" { accept { as = "officer-1", incident = 1 }, accept { as = "officer-3", incident = 2 } }
at "08:10" {
  refused { merge { incident = 2, into = 2 }, code = "merge.itself" },
  merge { incident = 2, into = 1, reason = "同一处山火" },
  expect { incident = 2, state = "merged", tasks = 0, clock = { resolve = "paused" }, heard = { ["officer-3"] = "incident.merged" } },
  expect {
    incident = 1,
    state = "handling",
    tasks = 2, -- 已派的单跟着并过来
    entry = { "incident.joined", count = 1 },
    heard = { ["officer-2"] = "incident.joined", ["officer-3"] = "incident.joined" },
  },
  refused { merge { incident = 1, into = 2 }, code = "merge.chain" }, -- 不能绕圈
  refused { call { "incident.void", as = "dispatcher", incident = 2, params = { id = true, reason = "误报" } }, code = "incident.state" },
}
-- 第一件的时限照走;并进来的一件停着,不催不报
at "12:30" {
  expect { incident = 1, clock = { resolve = "breached" } },
  expect { incident = 2, no_entry = "clock.breached" },
  split_off { incident = 2, reason = "是另一座山" },
  expect { incident = 2, state = "handling", tasks = 1, clock = { resolve = "running" } },
  expect { incident = 1, state = "handling", tasks = 1, entry = { "incident.parted", count = 1 } },
}
-- 还剩 2 小时 52 分,从拆开时接着算
at "15:21" { expect { incident = 2, no_entry = "clock.breached" } }
at "15:22" { expect { incident = 2, entry = { "clock.breached", count = 1, clock = "resolve" } } }
