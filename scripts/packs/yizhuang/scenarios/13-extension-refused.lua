scenario "延期被驳回:时限照旧,到时黄牌;超期以后不能再申请"

at "08:00" { report { as = "officer-2", category = "fire", grid = "g2", title = "围墙开裂" } }
at "08:01" { accept { as = "officer-1" } }
at "10:20" { extend { as = "officer-1", by_ms = hours(5), reason = "想下午再去" } }
at "10:40" {
  refuse_request { as = "director-t1", reason = "无正当理由" },
  expect { due = { resolve = "11:00" }, entry = { "request.refused", asked_by = "officer-1" }, heard = { ["officer-1"] = "request.refused" } },
}
at "11:00" { expect { clock = { resolve = "breached" }, card = "yellow" } }
at "11:05" { refused { extend { as = "officer-1", by_ms = hours(1), reason = "还差一点" }, code = "clock.breached" } }

-- 另一件:到期前申请,镇里批晚了;新的到期时间还在前面,就不算超期
at "13:00" { report { as = "officer-2", category = "fire", grid = "g2", title = "又一处开裂" }, accept { as = "officer-1" } }
at "15:50" { extend { as = "officer-1", by_ms = hours(2), reason = "等专家" } }
at "16:30" {
  expect { clock = { resolve = "breached" } },
  grant { as = "director-t1" },
  expect { due = { resolve = "18:00" }, clock = { resolve = "running" }, entry = { "request.granted", was_breached = true } },
}
