-- 批准申请。request 是 e.request;options 可写 by = hours(2)(延期)、note = "…"
function grant(request, options)
  options = options or {}
  return command("request.grant", { id = request, by_ms = options.by, note = options.note })
end

-- 驳回申请
function refuse_request(request, reason)
  return command("request.refuse", { id = request, reason = reason })
end

-- 会签:countersign(e.incident, { "430525-D01" }, "处置方案", { within = hours(2) })
function countersign(incident, units, text, options)
  return command("incident.countersign", {
    id = id_of(incident), units = list(units), text = text, within_ms = options and options.within,
  })
end

-- 移交给另一个单位
function transfer(incident, unit, reason)
  return command("incident.transfer", { id = id_of(incident), to = unit, reason = reason })
end

-- 下派到 "village"、"grid" …;level 为 nil 则下一级有人的
function send_down(incident, level, reason)
  return command("incident.send_down", { id = id_of(incident), to = level, reason = reason })
end
