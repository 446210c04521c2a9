scenario "应急模式:一条命令召集在岗人员,时限减半,结束时出总结"

busy { "officer-1", "officer-2", "officer-3" } -- 无人可派,好看时限
at "07:50" { report { as = "officer-1", category = "flood", title = "水位上涨" }, expect { clock = { dispatch = "running" } } }
at "07:52" {
  -- 镇里只能对自己的镇;调度员不能宣布
  refused { call { "emergency.start", as = "dispatcher", params = { title = "防汛", level = 2, org = "t1", reason = "红色预警" } }, code = "role" },
  refused { call { "emergency.start", as = "director-t2", params = { title = "防汛", level = 2, org = "t1", reason = "红色预警" } }, code = "scope" },
  call { "emergency.start", as = "commander", params = { title = "防汛", level = 2, org = "t1", reason = "红色预警", incident = true } },
  refused { call { "emergency.start", as = "director-t1", params = { title = "再来", level = 2, org = "t1", reason = "重复" } }, code = "emergency.in_force" },
}
-- 之前开始的时钟仍是五分钟,到 07:55 超期
at "07:54" { expect { clock = { dispatch = "due_soon" } } }
at "07:55" { expect { clock = { dispatch = "breached" } } }
-- 应急中的新事件:五分钟变两分半
at "08:00" {
  report { as = "officer-2", category = "flood", grid = "g2", title = "堤脚渗水" },
  expect { entry = { "clock.started", clock = "dispatch", limit_ms = seconds(150), heightened = 0.5 } },
}
at "08:02:30" { expect { owner = "township", clock = { dispatch = "breached" } } }
-- 二乡不在应急范围
at "08:10" {
  report { as = "officer-3", category = "flood", grid = "g3", title = "路面积水" },
  expect { entry = { "clock.started", clock = "dispatch", limit_ms = minutes(5) } },
}
at "08:12" { expect { no_entry = "clock.breached" } }
at "09:00" {
  call { "emergency.end", as = "director-t1", params = { id = "last e", note = "水位回落" } },
  shows { "emergency.report", as = "dispatcher", params = { id = "last e" }, is = {
    state = "ended", ["summary.incidents.total"] = 1, ["summary.clocks.breached"] = 2, ["summary.calls.called"] = 3, -- 派遣与上报到镇,都减半
  } },
}
-- 结束后恢复平时的时限
at "09:10" {
  report { as = "officer-2", category = "flood", grid = "g2", title = "淤泥待清" },
  expect { entry = { "clock.started", clock = "dispatch", limit_ms = minutes(5) } },
}
