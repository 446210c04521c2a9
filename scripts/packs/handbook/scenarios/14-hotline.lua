scenario "热线四级:2 小时、24 小时不分昼夜;7 日、15 日落在假期的顺延到节后下班"
day "2026-02-10"

at "20:00" {
  report { as = "officer-1", category = "hotline", title = "停水", level = 1 },
  expect { clock = { urgent = "running", day = false, week = false, half = false }, due = { urgent = "22:00" } },
  report { as = "officer-1", category = "hotline", title = "路灯", level = 2 },
  expect { due = { day = "+1 20:00" } },
  report { as = "officer-1", category = "hotline", title = "噪声", level = 3 },
  expect { due = { week = "2026-02-24 17:30" } }, -- 第 7 日是正月初一
  report { as = "officer-1", category = "hotline", title = "物业", level = 4 },
  expect { due = { half = "2026-02-25 17:30" } },
}
at "22:00" { expect { incident = 1, clock = { urgent = "breached" } } }
