scenario "应急召集:未应答的再叫三次,最后列名;应答的不再打扰"

local function board(is)
  return shows { "emergency.board", as = "commander", params = { id = "last e" }, is = is }
end

at "08:00" {
  call { "emergency.start", as = "director-t1", params = { title = "抢险", level = 1, org = "t1", reason = "溃坝", again_ms = minutes(3) } },
  board { ["calls.called"] = 3, ["calls.silent"] = 3 }, -- 主任与两名在岗网格员
}
at "08:01" {
  call { "emergency.answer", as = "officer-1", params = { id = "last e", coming = true, eta_ms = minutes(10) } },
  refused { call { "emergency.answer", as = "officer-3", params = { id = "last e", coming = true } }, code = "emergency.not_called" },
  board { ["calls.silent"] = 2, ["calls.coming"] = 1, ["calls.answers.1.user"] = "officer-1" },
}
at "08:03" { board { ["calls.silent_people.1.calls"] = 2 } }
-- 停机期间到期:恢复后补叫一次,间隔重新算起
restart "08:20"
at "08:20" { board { ["calls.silent_people.1.calls"] = 3 } }
at "08:22" { call { "emergency.answer", as = "director-t1", params = { id = "last e", coming = true } } }
at "08:23" { board { ["calls.silent"] = 1, ["calls.silent_people.1.user"] = "officer-2", ["calls.silent_people.1.calls"] = 4, ["last.1.kind"] = "emergency.called" } }
at "08:26" { board { ["calls.silent_people.1.calls"] = 4, ["last.1.kind"] = "emergency.unanswered", ["last.1.people"] = 1 } }
at "08:40" { board { ["calls.silent_people.1.calls"] = 4 } }
-- 结束:在途的被告知解除
at "09:00" {
  call { "emergency.end", as = "director-t1", params = { id = "last e", note = "险情解除" } },
  shows { "emergency.report", as = "commander", params = { id = "last e" }, is = {
    state = "ended", ["summary.calls.called"] = 3, ["summary.calls.silent"] = 1, ["summary.duration_ms"] = hours(1),
  } },
}
