-- 按级别处置:红色到县、派两人;橙色到镇;黄色、蓝色归网格。各级时限不同
local function raise(view, incident, level, reason)
  local above = view.rung_above(incident, level)
  if above then return escalate(incident, above.level, reason) end
end

return policy {
  name = "severity",
  title = "按级别处置",
  clocks = {
    red    = { from = "reported", to = "handled", limit = hours(1),  warn = { 0.5 }, when = { level = 1 } },
    orange = { from = "reported", to = "handled", limit = hours(3),  warn = { 0.8 }, when = { level = 2 } },
    rest   = { from = "reported", to = "handled", limit = hours(24), warn = { 0.8 }, when = { level = { 3, 4 } } },
  },
  on = {
    ["incident.reported"] = function(e, view)
      local level, sent = e.incident.level, view.candidates(e.incident, e.incident.level == 1 and 2 or 1)
      return {
        level == 1 and raise(view, e.incident, "county", "红色事件") or level == 2 and raise(view, e.incident, "township", "橙色事件") or nil,
        sent[1] and dispatch(e.incident, sent, level == 1 and "红色事件,两人同去" or "最近的网格员", { expires = minutes(10) }) or nil,
      }
    end,

    ["clock.breached"] = function(e)
      if e.policy == "severity" then return supervise(e.incident, e.clock == "red" and "red" or "yellow", "到时未处置完毕") end
    end,
  },
}
