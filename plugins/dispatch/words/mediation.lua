--- 调处立项:kind 为 people(人民调解)等,class 为纠纷类型,mediator 为调解员
--- begins to mediate a dispute
--> return mediate(e.incident, { kind = "people", class = "family", mediator = "officer-a1" })
function mediate(incident, options)
  options = options or {}
  return command("mediation.open", {
    incident = id_of(incident), kind = options.kind or "people", class = options.class, mediator = options.mediator,
    note = options.note,
  })
end

--- view.mediations
--> if #view.mediations(e.incident) == 0 and e.incident.category == "dispute" then
-->   return mediate(e.incident, { kind = "people" })
--> end
