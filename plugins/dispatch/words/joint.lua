-- 联动:joint(e.incident, "patrol", "d1", { "d2", "d3" }, "…")
function joint(incident, type_, lead, members, note)
  return command("incident.joint", { id = id_of(incident), type = type_, lead = lead, members = members, note = note })
end
