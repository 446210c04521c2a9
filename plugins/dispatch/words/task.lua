-- ---- tasks: e.order or its id ------------------------------------------------------------------------------------

-- 改派:原任务撤回,换人接着办(主办仍是主办)。options 同 dispatch
function reassign(order, to, reason, options)
  local params = order_terms("reassign", options)
  params.id, params.to, params.reason = id_of(order), assignees(to)[1], reason
  return command("task.reassign", params)
end

-- 撤回一件无人接单的任务,或撤下一名协办
function recall(order, reason)
  return command("task.recall", { id = id_of(order), reason = reason })
end

-- 改换主办
function lead(order, reason)
  return command("task.lead", { id = id_of(order), reason = reason })
end

-- 请求协同:再请人来帮忙,主办不变
function assist(incident, to, note, options)
  local params = order_terms("assist", options)
  params.id, params.to, params.note = id_of(incident), assignees(to), note
  return command("incident.assist", params)
end

-- 平安确认:check_in(e.order, minutes(15)):每 15 分钟报一次平安,提醒后 grace 仍无回音即报警
function check_in(order, every, grace)
  return command("task.checkin_start", { id = id_of(order), every_ms = every, grace_ms = grace })
end

-- 预留:手上的事一办完就归这件事;keep = hours(2) 到时自动取消
function reserve(incident, who, note, keep)
  local one = assignees(who)[1]
  return command("incident.reserve", { id = id_of(incident), user = one.user, unit = one.unit or one.team, note = note, for_ms = keep })
end
function unreserve(incident, who, reason)
  local one = assignees(who)[1]
  return command("incident.unreserve", { id = id_of(incident), user = one.user, unit = one.unit or one.team, reason = reason })
end
