-- The words of the dispatch plugin for policies: each returns a command, none does anything by itself.
-- Runs in every policy's environment after the server's own words (command, refuse, clauses, minutes ...).
-- What stands in "---" lines is the documentation of policy.api: see core/policy/api.h.

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

--- 派遣:让谁去。options 可写 expires(到时无人接单即作废)、remind(每隔多久再响一次)、remind_times(响几次)
--- sends somebody: an officer from view, a user name, { unit = "..." }, { team = "..." } or a list, of which the first leads, or the one with lead = true; options: expires (the order lapses when nobody has accepted by then), remind (rings again every so often), remind_times
--> local officer = view.nearest_officer(e.incident, {})
--> if officer then return dispatch(e.incident, officer, "最近的网格员", { expires = minutes(10), remind = minutes(3) }) end
function dispatch(incident, to, note, options)
  local params = order_terms("dispatch", options)
  params.id, params.to, params.note = id_of(incident), assignees(to), note
  return command("incident.dispatch", params)
end

--- 上报到上面任一级,如 "village"、"township"、"county";空岗自动跳过
--- reports up to any rung above, such as "village", "township" or "county"; empty rungs are skipped
--> return escalate(e.incident, "township", "由镇里指挥")
function escalate(incident, level, reason)
  return command("incident.escalate", { id = id_of(incident), to = level, reason = reason })
end

--- 督办:"yellow" 黄牌、"red" 红牌、"black" 黑牌;options.within 内未答复则有 supervise.overdue
--- a "yellow", "red" or "black" card; not answered within options.within, there is supervise.overdue
--> return supervise(e.incident, "yellow", "请说明进展", { within = hours(4) })
function supervise(incident, card, note, options)
  local params = { id = id_of(incident), card = card, note = note }
  if options then params.within_ms = options.within end
  return command("incident.supervise", params)
end

--- 催办
--- urges whoever has it in hand
--> return urge(e.incident, "请尽快处置")
function urge(incident, note)
  return command("incident.urge", { id = id_of(incident), note = note })
end

--- 批注:在事件的经过里写一句话
--- writes a line into the incident's timeline
--> return comment(e.incident, "辖区近日有类似报告")
function comment(incident, text)
  return command("incident.comment", { id = id_of(incident), text = text })
end

--- 受理
--- accepts the incident for its owner
--> return accept(e.incident)
function accept(incident)
  return command("incident.accept", { id = id_of(incident) })
end

--- 退回上报人
--- returns the report to whoever made it
--> incident.accepted: return return_to_reporter(e.incident, "请补充地点")
function return_to_reporter(incident, reason)
  return command("incident.return", { id = id_of(incident), reason = reason })
end
--- return_to(incident, reason)
--- 退回上报人,同 return_to_reporter
--- the same as return_to_reporter
--> incident.accepted: return return_to(e.incident, "请补充照片")
return_to = return_to_reporter

--- 挂起,时钟暂停;options.time 到时自动恢复
--- suspends: clocks pause; it resumes by itself after options.time
--> incident.dispatched: return suspend(e.incident, "等路修好", { time = days(3) })
function suspend(incident, reason, options)
  return command("incident.suspend", { id = id_of(incident), reason = reason, for_ms = options and options.time })
end
--- 恢复挂起的事件
--- resumes a suspended incident
--> incident.suspended: return resume(e.incident)
function resume(incident)
  return command("incident.resume", { id = id_of(incident) })
end

-- ---- what a rule hears and asks -----------------------------------------------------------------------------------

--- e.incident
--- 这条记录所说的事件,有下列各项
--- the incident the entry is about, with the members below
--> return comment(e.incident, "编号 " .. e.incident.id)

--- e.incident.id
--- 事件编号,如 "i4087"
--- the incident's id, such as "i4087"

--- e.incident.category
--- 类别代码,如 "fire"(见词典 categories)
--- the category's code, such as "fire" (dictionary categories)

--- e.incident.level
--- 级别:1 红、2 橙、3 黄、4 蓝
--- level: 1 red, 2 orange, 3 yellow, 4 blue

--- e.incident.title
--- 标题
--- title

--- e.incident.state
--- 状态,如 "reported"、"accepted"、"dispatched"、"handled"
--- state, such as "reported", "accepted", "dispatched", "handled"

--- e.incident.org
--- 所在网格的代码
--- code of the grid it lies in

--- e.incident.owner
--- 现由谁负责:{ level, org, name }
--- who owns it now: { level, org, name }

--- e.incident.card
--- 督办牌:"yellow"、"red"、"black" 或没有
--- the card it has: "yellow", "red", "black" or none

--- e.order
--- task.* 的记录里,所说的那一件任务
--- with entries task.*: the task

--- e.order.id
--- 任务编号
--- the task's id

--- e.clock
--- clock.* 的记录里,时钟的名字
--- with entries clock.*: the clock's name

--- e.policy
--- clock.* 的记录里,哪条规则的时钟
--- with entries clock.*: the policy whose clock it is

--- view.incident
--> local now = view.incident(e.incident.id)
--> if now and #now.tasks == 0 then return comment(e.incident, "尚未派人") end

--- view.owner
--> local owner = view.owner(e.incident)
--> if owner and owner.level == "grid" then return comment(e.incident, "由" .. owner.name .. "负责") end
