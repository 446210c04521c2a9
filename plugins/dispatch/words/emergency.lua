-- 进入应急:start_emergency { title = …, level = 2, org = …, reason = …, incident = e.incident, factor = 0.5 }
function start_emergency(t)
  local params = {}
  for key, value in pairs(t) do params[key] = value end
  params.incident = id_of(t.incident)
  if t.again then params.again_ms, params.again = t.again, nil end
  return command("emergency.start", params)
end

-- 应急记事:id 取自 view.emergency(org).id
function emergency_note(id, text)
  return command("emergency.note", { id = id_of(id), text = text })
end
