-- The words of the dispatch plugin for policies: each returns a command, none does anything by itself.
-- Runs in every policy's environment after the server's own words (command, refuse, clauses, minutes ...).

-- An incident is e.incident or its id.
local function id_of(incident)
  if type(incident) == "table" then return incident.id end
  return incident
end

-- Who is sent: an officer from view.nearest_officer, a user name, { user|unit|team = id }, or a list of such.
local function assignees(to)
  if type(to) == "string" then return { { user = to } } end
  if type(to) ~= "table" then
    error("dispatch: 派给谁?(an officer, a user name, {unit=...} or a list of them)", 0)
  end
  if to.user then return { { user = to.user, lead = to.lead } } end
  if to.unit then return { { unit = to.unit, lead = to.lead } } end
  if to.team then return { { team = to.team, lead = to.lead } } end
  local all = {}
  for _, one in ipairs(to) do
    for _, assignee in ipairs(assignees(one)) do table.insert(all, assignee) end
  end
  return all
end

-- What an order says beside whom it is for, from { expires = minutes(10), remind = minutes(3), remind_times = 3 }.
local function order_terms(word, options)
  local members = { expires = "expires_in_ms", remind = "remind_ms", remind_times = "remind_times", receipt = "receipt_ms" }
  local params = {}
  for key, value in pairs(options or {}) do
    if not members[key] then
      error(word .. ": 不认识的项 '" .. tostring(key) .. "' (unknown option; expires, remind, remind_times, receipt)", 0)
    end
    params[members[key]] = value
  end
  return params
end

-- 派遣。options.expires = minutes(10): nobody has accepted by then, the order lapses; options.remind = minutes(3): it
-- rings again every 3 minutes until then. { user = "…", lead = true } marks who leads, otherwise the first does.
function dispatch(incident, to, note, options)
  local params = order_terms("dispatch", options)
  params.id, params.to, params.note = id_of(incident), assignees(to), note
  return command("incident.dispatch", params)
end

-- 上报到上面任一级,如 "village"、"township"、"county"(空岗自动跳过)
function escalate(incident, level, reason)
  return command("incident.escalate", { id = id_of(incident), to = level, reason = reason })
end

-- 督办:"yellow"、"red"、"black"。options.within = hours(4): to be answered by then (supervise.overdue otherwise).
function supervise(incident, card, note, options)
  local params = { id = id_of(incident), card = card, note = note }
  if options then params.within_ms = options.within end
  return command("incident.supervise", params)
end

-- 催办
function urge(incident, note)
  return command("incident.urge", { id = id_of(incident), note = note })
end

-- 批注
function comment(incident, text)
  return command("incident.comment", { id = id_of(incident), text = text })
end

-- 受理
function accept(incident)
  return command("incident.accept", { id = id_of(incident) })
end

-- 退回上报人
function return_to_reporter(incident, reason)
  return command("incident.return", { id = id_of(incident), reason = reason })
end
return_to = return_to_reporter

-- 挂起、恢复。options.time = days(3):到时自动恢复
function suspend(incident, reason, options)
  return command("incident.suspend", { id = id_of(incident), reason = reason, for_ms = options and options.time })
end
function resume(incident)
  return command("incident.resume", { id = id_of(incident) })
end

