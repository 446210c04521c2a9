-- ---- tasks: e.order or its id ------------------------------------------------------------------------------------

--- 改派:换人接着办,主办仍是主办;order 是 e.order 或任务编号,options 同 dispatch
--- somebody else does the task instead and keeps the lead; order is e.order or an id, options as for dispatch
--> task.accepted: if e.order.to.user == "officer-a1" then return reassign(e.order, "officer-a2", "换人") end
function reassign(order, to, reason, options)
  local params = order_terms("reassign", options)
  params.id, params.to, params.reason = id_of(order), assignees(to)[1], reason
  return command("task.reassign", params)
end

--- 撤回一件无人接单的任务,或撤下一名协办
--- withdraws a task nobody has accepted, or releases a helper
--> incident.urged: for _, task in ipairs(view.tasks(e.incident)) do
-->   if task.state == "ordered" then return recall(task, "不必去了") end
--> end
function recall(order, reason)
  return command("task.recall", { id = id_of(order), reason = reason })
end

--- 改换主办
--- says who leads from now on
--> task.accepted: if not e.order.lead then return lead(e.order, "先到者主办") end
function lead(order, reason)
  return command("task.lead", { id = id_of(order), reason = reason })
end

--- 请求协同:再请人来帮忙,主办不变
--- asks others to join as helpers
--> task.accepted: if e.incident.level <= 2 then return assist(e.incident, "officer-a2", "协助疏散") end
function assist(incident, to, note, options)
  local params = order_terms("assist", options)
  params.id, params.to, params.note = id_of(incident), assignees(to), note
  return command("incident.assist", params)
end

--- 平安确认:每隔 every 报一次平安,提醒后 grace 仍无回音即有 task.check_in_missed
--- safety check-ins of whoever has the task; task.check_in_missed has the count of misses in a row
--> task.accepted: return check_in(e.order, minutes(15), minutes(3))
function check_in(order, every, grace)
  return command("task.checkin_start", { id = id_of(order), every_ms = every, grace_ms = grace })
end

--- 预留:某人手上的事一办完就归这件事(reserve.ready);keep 到时自动取消
--- keeps somebody for this incident until he is free (reserve.ready); lapses after keep
--> return reserve(e.incident, "officer-a2", "空出即来", hours(2))
function reserve(incident, who, note, keep)
  local one = assignees(who)[1]
  return command("incident.reserve", { id = id_of(incident), user = one.user, unit = one.unit or one.team, note = note, for_ms = keep })
end
--- 取消预留
--- gives up a reservation
--> reserve.made: return unreserve(e.incident, "officer-a2", "不必等了")
function unreserve(incident, who, reason)
  local one = assignees(who)[1]
  return command("incident.unreserve", { id = id_of(incident), user = one.user, unit = one.unit or one.team, reason = reason })
end

--- view.tasks
--> incident.urged: for _, task in ipairs(view.tasks(e.incident)) do
-->   if task.accepted_at then return end
--> end
--> return escalate(e.incident, "township", "无人接单")

--- view.nearest_officer
--> local officer = view.nearest_officer(e.incident, { skill = e.incident.category, within_m = 5000 })
--> if officer then return dispatch(e.incident, officer, "五公里内有此技能的网格员") end

--- view.candidates
--> local best = view.candidates(e.incident, 2)
--> if best[1] then return dispatch(e.incident, best, "两人同去") end

--- view.departments_for
--> local units = view.departments_for(e.incident.category)
--> if units[1] then return countersign(e.incident, { units[1].org }, "请会签") end
