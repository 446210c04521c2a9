-- 吹哨报到:水电气路和环境的事叫部门到场;叫哪些部门由词典 departments 定
local called_for = { utility = true, environment = true }

return policy {
  name = "whistle",
  title = "吹哨报到",
  on = {
    ["incident.reported"] = function(e, view)
      if not called_for[e.incident.category] or e.incident.level > 2 then return end
      local units = {}
      for _, department in ipairs(view.departments_for(e.incident.category)) do table.insert(units, department.org) end
      if units[1] then return whistle(e.incident, units, { within = minutes(60), reason = "需要部门到场会商" }) end
    end,

    ["whistle.absent"] = function(e, view)
      return supervise(e.incident, "yellow", e.name .. "接哨后未按时报到")
    end,
  },
}
