-- 逐级上报:10 分钟没派出去,或派出后没人接单,上报到镇;再 30 分钟没派出去,上报到县
local function report_up(view, incident, level, reason)
  local above = view.rung_above(incident, level) -- 空岗自动跳过;上面没有人则为 nil
  if above then return escalate(incident, above.level, reason) end
end

return policy {
  name = "report-up",
  title = "逐级上报",
  clocks = {
    township = { from = "reported", to = "dispatched", limit = minutes(10) },
    county   = { from = "reported", to = "dispatched", limit = minutes(40) },
  },
  on = {
    ["clock.breached"] = function(e, view)
      if e.policy ~= "report-up" then return end
      if e.clock == "township" then return report_up(view, e.incident, "township", "10 分钟内未派单") end
      if e.clock == "county" then return report_up(view, e.incident, "county", "镇里 30 分钟内未派单") end
    end,

    ["task.expired"] = function(e, view)
      for _, task in ipairs(view.tasks(e.incident)) do
        if task.accepted_at then return end -- 有人接了就不上报
      end
      return report_up(view, e.incident, "township", "派出后无人接单")
    end,
  },
}
