-- 调处立项:mediate(e.incident, { kind = "people", class = "family", mediator = "officer-1", note = "…" })
function mediate(incident, options)
  options = options or {}
  return command("mediation.open", {
    incident = id_of(incident), kind = options.kind or "people", class = options.class, mediator = options.mediator,
    note = options.note,
  })
end
