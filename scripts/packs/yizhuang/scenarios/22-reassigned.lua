scenario "改派:原来的人听到撤回,接手的人仍是主办"

off_duty { "officer-2", "officer-3" }

at "08:00" { report { as = "officer-1", category = "fire", grid = "g1", title = "冒烟" }, expect { task = { to = "officer-1", role = "lead" } } }
at "08:04" {
  call { "task.reassign", as = "dispatcher", task = "officer-1", params = { to = { user = "officer-2" }, reason = "本人在外地" } },
  expect {
    task = { to = "officer-1", state = "recalled" },
    heard = { ["officer-1"] = "task.recalled", ["officer-2"] = "task.created" },
    entry = { "task.recalled", reason = "本人在外地", reassigned_name = "李四" },
  },
  expect { task = { to = "officer-2", state = "sent", role = "lead" }, state = "dispatched" },
}
at "08:05" { refused { accept { as = "officer-1" } }, accept { as = "officer-2" }, expect { state = "handling" } }
at "08:15" { expect { no_entry = "task.expired" } } -- 原任务的失效时间随它一起撤回
