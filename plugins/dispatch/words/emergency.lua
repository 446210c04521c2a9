--- 进入应急响应,召集人员;factor 缩短各时限,again 多久再召集一次未应答的人
--- declares an emergency and calls people out; factor shortens limits, again calls the silent again
--> return start_emergency { title = "山洪", level = 2, org = view.unit(e.incident.org).parent, reason = "多处上报", incident = e.incident, factor = 0.5 }
function start_emergency(t)
  local params = {}
  for key, value in pairs(t) do params[key] = value end
  params.incident = id_of(t.incident)
  if t.again then params.again_ms, params.again = t.again, nil end
  return command("emergency.start", params)
end

--- 应急记事;id 取自 view.emergency(org).id
--- a line in an emergency's log; id from view.emergency(org).id
--> local emergency = view.emergency(e.incident.org)
--> if emergency then return emergency_note(emergency.id, "新报告:" .. e.incident.title) end
function emergency_note(id, text)
  return command("emergency.note", { id = id_of(id), text = text })
end

--- view.emergency
--> if view.emergency(e.incident.org) then return urge(e.incident, "应急期间,从速处置") end
