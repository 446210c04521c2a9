-- 逐级询问:从最低的有人一级问起,到时无人应答问上一级,最后归兜底单位。
-- climb(e.incident, "six", { wait = minutes(10), from = "grid", waits = { household = minutes(5) } })
function climb(incident, ladder, options)
  local params = { id = id_of(incident), ladder = ladder }
  if options then
    params.wait_ms, params.from, params.waits, params.address = options.wait, options.from, options.waits, options.address
  end
  return command("incident.climb", params)
end
