-- 兜底:谁都不在岗的时候,也要有人管。15 分钟没人接手,上报到县;再 15 分钟还没有,红牌督办
return policy {
  name = "fallback-owner",
  title = "兜底",
  clocks = {
    unowned   = { from = "reported", to = "accepted", limit = minutes(15) },
    forgotten = { from = "reported", to = "accepted", limit = minutes(30) },
  },
  on = {
    ["clock.breached"] = function(e, view)
      if e.policy ~= "fallback-owner" then return end
      if e.clock == "forgotten" then return supervise(e.incident, "red", "30 分钟无人接手") end
      local above = view.rung_above(e.incident, "county")
      return {
        above and escalate(e.incident, above.level, "15 分钟无人接手") or nil,
        urge(e.incident, "15 分钟无人接手,请立即派人"),
      }
    end,
  },
}
