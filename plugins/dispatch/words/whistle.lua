--- 街乡吹哨:叫部门在 within 内到现场报到;options 还可写 reason、place、radius、kind
--- calls departments to the place within a time; options: within, reason, place, radius, kind
--> return whistle(e.incident, { "430525-D01" }, { within = minutes(60), reason = "需要部门到场", radius = 300 })
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

--- view.whistles
--> if #view.whistles(e.incident) > 0 then return comment(e.incident, "已吹哨") end
