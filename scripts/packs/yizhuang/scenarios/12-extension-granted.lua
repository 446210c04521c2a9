scenario "延期获准:到期前申请,镇里批准,时限顺延"

at "08:00" { report { as = "officer-2", category = "fire", grid = "g2", title = "危树压线" } }
at "08:01" { accept { as = "officer-1" }, expect { due = { resolve = "11:00" } } }
at "10:30" {
  refused { extend { as = "officer-2", clock = "resolve", by_ms = hours(1), reason = "看着不够" }, code = "incident.foreign" }, -- 上报人不承办
  extend { as = "officer-1", by_ms = hours(1), reason = "等供电所停电" },
  refused { extend { as = "officer-1", by_ms = hours(1), reason = "再申请" }, code = "request.open" },
  expect { due = { resolve = "11:00" }, heard = { ["director-t1"] = "request.asked" }, not_heard = { ["director-t2"] = "request.asked" } },
}
at "10:50" {
  refused { grant { as = "director-t2" }, code = "scope" },
  grant { as = "director-t1", note = "同意,注意安全" },
  expect { due = { resolve = "12:00" }, clock = { resolve = "running" }, heard = { ["officer-1"] = "request.granted" } },
}
at "11:30" { expect { no_entry = "clock.breached", card = false } }
at "11:50" {
  feedback { as = "officer-1", text = "已清除" },
  finish { as = "officer-1" },
  expect { clock = { resolve = "met" }, no_entry = "clock.breached" },
}
