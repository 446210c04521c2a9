-- 逐级上报:5 分钟没派出去,或派出 10 分钟没人接单,上报到镇;镇里 30 分钟还没派出,上报到县。
-- 空岗当即跳过;已归镇里的,再上一级就是县。
local function report_up(view, incident, level, reason)
  local above = view.rung_above(incident, level)
  if above then return escalate(incident, above.level, reason) end
end

local function somebody_has_answered(view, incident)
  for _, task in ipairs(view.tasks(incident)) do
    if task.accepted_at then return true end
  end
end

return policy {
  name = "report-up",
  title = "逐级上报",
  clocks = {
    township = { from = "reported", to = "dispatched", limit = minutes(35) },
  },
  on = {
    ["clock.breached"] = function(e, view)
      if e.clock == "dispatch" then return report_up(view, e.incident, "township", "5 分钟内未派单") end
      if e.clock == "township" then return report_up(view, e.incident, "county", "镇里 30 分钟内未派单") end
    end,

    ["task.expired"] = function(e, view)
      if not somebody_has_answered(view, e.incident) then
        return report_up(view, e.incident, "township", "派出后无人接单")
      end
    end,
  },
}
