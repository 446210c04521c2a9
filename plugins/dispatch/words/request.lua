--- 批准申请;request 是 e.request,options 可写 by = hours(2)(延期多久)、note
--- grants what was asked for; request is e.request, options: by = hours(2), note
--> request.asked: if e.what == "extend" then return grant(e.request, { by = hours(2), note = "同意" }) end
function grant(request, options)
  options = options or {}
  return command("request.grant", { id = request, by_ms = options.by, note = options.note })
end

--- 驳回申请
--- refuses what was asked for
--> request.asked: if e.what == "suspend" then return refuse_request(e.request, "请先处置") end
function refuse_request(request, reason)
  return command("request.refuse", { id = request, reason = reason })
end

--- 会签:请几个单位签字,签完之前不能核查;options.within 为时限
--- asks units to sign; until they have it is not verified; options.within is the time they have
--> return countersign(e.incident, { "430525-D01" }, "处置方案", { within = hours(2) })
function countersign(incident, units, text, options)
  return command("incident.countersign", {
    id = id_of(incident), units = list(units), text = text, within_ms = options and options.within,
  })
end

--- 移交给另一个单位,如部门
--- hands it to another unit, such as a department
--> return transfer(e.incident, "430525-D01", "属部门职责")
function transfer(incident, unit, reason)
  return command("incident.transfer", { id = id_of(incident), to = unit, reason = reason })
end

--- 下派到 "village"、"grid" …;level 为 nil 则到下一级有人的
--- sends it down to "village", "grid" ...; to the next staffed rung when level is nil
--> incident.escalated: return send_down(e.incident, "grid", "就近处置")
function send_down(incident, level, reason)
  return command("incident.send_down", { id = id_of(incident), to = level, reason = reason })
end

--- view.requests
--> for _, request in ipairs(view.requests(e.incident)) do
-->   if request.state == "open" then return comment(e.incident, "有申请待答复") end
--> end

--- view.countersigns
--> if #view.countersigns(e.incident) > 0 then return comment(e.incident, "会签中") end
