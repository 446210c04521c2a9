-- 平安确认:红色事件,接单后每 15 分钟报一次平安;连续两次没有回音,上报到镇
return policy {
  name = "safety",
  title = "平安确认",
  on = {
    ["task.accepted"] = function(e)
      if e.incident.level == 1 then return check_in(e.order, minutes(15)) end
    end,

    ["task.check_in_missed"] = function(e, view)
      if e.count ~= 2 then return end
      local above = view.rung_above(e.incident, "township")
      if above then return escalate(e.incident, above.level, e.name .. "连续两次未报平安") end
    end,
  },
}
