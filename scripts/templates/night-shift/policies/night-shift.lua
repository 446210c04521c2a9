-- 夜间(22:00 至次日 6:00)橙色以上的事件直接由镇里接手;镇里没人,当即到县
local function at_night(now)
  local hour = (now // hours(1) + 8) % 24 -- 北京时间
  return hour >= 22 or hour < 6
end

return policy {
  name = "night-shift",
  title = "夜间值班",
  on = {
    ["incident.reported"] = function(e, view)
      if e.incident.level > 2 or not at_night(view.now) then return end
      local above = view.rung_above(e.incident, "township")
      if above then return escalate(e.incident, above.level, "夜间由" .. above.name .. "接手") end
    end,
  },
}
