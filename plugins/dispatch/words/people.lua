--- 逐级询问:从最低的有人一级问起,到时无人应答问上一级,最后归兜底单位
--- asks up a ladder, rung by rung, until somebody answers; at the top the fallback owner has it
--> return climb(e.incident, "default", { wait = minutes(10), waits = { township = minutes(20) }, from = "grid" })
function climb(incident, ladder, options)
  local params = { id = id_of(incident), ladder = ladder }
  if options then
    params.wait_ms, params.from, params.waits, params.address = options.wait, options.from, options.waits, options.address
  end
  return command("incident.climb", params)
end

--- view.who
--> local rungs = view.who(e.incident).rungs
--> for _, rung in ipairs(rungs) do
-->   if rung.answers then return comment(e.incident, rung.level .. " 一级可应答") end
--> end

--- view.roster
--> for _, duty in ipairs(view.roster(e.incident.org)) do return comment(e.incident, "今日值班:" .. duty.display) end

--- view.rung_above
--> local above = view.rung_above(e.incident, "township")
--> if above then return escalate(e.incident, above.level, above.name .. "接手") end

--- view.unit
--> local grid = view.unit(e.incident.org)
--> if grid then return comment(e.incident, "地点在" .. grid.name) end

--- view.on_duty
--> if #view.on_duty(e.incident.org, "officer") == 0 then return escalate(e.incident, "township", "网格无人在岗") end
