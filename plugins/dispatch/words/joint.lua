--- 联动:由 lead 牵头,members 各有一件任务
--- joint work under a lead, a task for each member
--> return joint(e.incident, "patrol", "430525-D01", { "430525-D02" }, "联合检查")
function joint(incident, type_, lead, members, note)
  return command("incident.joint", { id = id_of(incident), type = type_, lead = lead, members = members, note = note })
end
