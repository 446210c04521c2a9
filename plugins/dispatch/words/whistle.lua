-- 街乡吹哨:whistle(e.incident, { "d1", "d2" }, { within = minutes(60), reason = "…", radius = 300, kind = "…" })
function whistle(incident, units, options)
  if type(units) == "string" then units = { units } end
  if type(units) ~= "table" or not units[1] then
    error("whistle: 叫哪些部门?(a department's code or a list of them)", 0)
  end
  options = options or {}
  return command("whistle.blow", {
    incident = id_of(incident), units = units, within_ms = options.within or minutes(60), reason = options.reason,
    place = options.place, radius_m = options.radius, kind = options.kind,
  })
end
