-- 三限时:30 分钟发现上报、5 分钟调度处置(夜间 8 分钟)、3 小时处置完毕
return policy {
  name = "three-limits",
  title = "三限时",
  clocks = {
    detect   = { from = "occurred",   to = "reported",   limit = minutes(30) },
    dispatch = { from = "reported",   to = "dispatched", limit = minutes(5), warn = { 0.5, 0.8 },
                 limit_at = { { "22:00", "06:00", minutes(8) } } },
    resolve  = { from = "dispatched", to = "handled",    limit = hours(3), warn = { 0.8 } },
  },
  on = {
    -- 一上报就派给最近的网格员;10 分钟没人接单,这张派单作废
    ["incident.reported"] = function(e, view)
      local officer = view.nearest_officer(e.incident, { skill = e.incident.category })
        or view.nearest_officer(e.incident, {})
      if officer then return dispatch(e.incident, officer, "最近的网格员", { expires = minutes(10) }) end
    end,

    ["clock.breached"] = function(e, view)
      if e.policy ~= "three-limits" then return end
      if e.clock == "dispatch" then return urge(e.incident, "到时仍未派单") end
      if e.clock == "resolve" then return supervise(e.incident, "yellow", "3 小时未处置完毕") end
    end,
  },
}
