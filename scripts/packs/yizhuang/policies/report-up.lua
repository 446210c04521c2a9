-- 逐级上报:5 分钟没派出去,上报到镇;派出 10 分钟没人接单,上报到镇;镇里 30 分钟没有派出,上报到县。空岗当即跳过。
local function nobody_has_answered(view, incident)
  for _, task in ipairs(view.tasks(incident)) do
    if task.accepted_at then return false end
  end
  return true
end

return policy {
  name = "report-up",
  title = "逐级上报",
  clocks = {
    township = { from = "reported", to = "dispatched", limit = minutes(35) },
  },
  on = {
    ["clock.breached"] = function(e, view)
      if e.clock == "dispatch" then
        return escalate(e.incident, "township", "5 分钟内未派单")
      end
      if e.clock == "township" then
        return escalate(e.incident, "county", "镇里 30 分钟内未派单")
      end
    end,

    -- 10 分钟没人接单,任务失效;还没有别人接的,上报到镇
    ["task.expired"] = function(e, view)
      if nobody_has_answered(view, e.incident) then
        return escalate(e.incident, "township", "派出后无人接单")
      end
    end,
  },
}
