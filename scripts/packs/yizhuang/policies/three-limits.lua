-- 三限时:30 分钟发现上报、5 分钟调度处置、3 小时处置完毕
return policy {
  name = "three-limits",
  title = "三限时",
  clocks = {
    detect   = { from = "occurred",   to = "reported",   limit = minutes(30) },
    dispatch = { from = "reported",   to = "dispatched", limit = minutes(5), warn = { 0.5, 0.8 } },
    resolve  = { from = "dispatched", to = "handled",    limit = hours(3),   warn = { 0.8 }, calendar = "plain" },
  },
  on = {
    -- 一上报就派给最近的合格网格员;没有合格的,派给最近的在岗网格员
    ["incident.reported"] = function(e, view)
      if e.solved then return end
      local officer = view.nearest_officer(e.incident, { skill = e.incident.category })
        or view.nearest_officer(e.incident, {})
      if officer then return dispatch(e.incident, officer, "最近的合格网格员", { expires = minutes(10) }) end
    end,

    -- 拒单的换下一个人
    ["task.declined"] = function(e, view)
      local others = {}
      for _, task in ipairs(view.tasks(e.incident)) do
        if task.to.user then table.insert(others, task.to.user) end
      end
      local officer = view.nearest_officer(e.incident, { exclude = others })
      if officer then return dispatch(e.incident, officer, "前一位网格员拒单,改派", { expires = minutes(10) }) end
    end,

    -- 3 小时未处置完毕,黄牌督办
    ["clock.breached"] = function(e, view)
      if e.clock == "resolve" and e.policy == "three-limits" then
        return supervise(e.incident, "yellow", "3 小时未处置完毕")
      end
    end,
  },
}
