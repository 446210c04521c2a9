-- The built-in policy: decides in place of a policy that has failed. Deliberately little: what is reported gets somebody,
-- what is late goes up. Kinds that no plugin declares are left out.
return policy {
  name = "default",
  on = {
    ["incident.reported"] = function(e, view)
      local officer = view.nearest_officer(e.incident, {})
      if officer then return dispatch(e.incident, officer, "默认规则:最近的在岗网格员") end
    end,
    ["clock.breached"] = function(e, view)
      if e.clock == "dispatch" then return escalate(e.incident, "township", "默认规则:超时未派单") end
    end,
  },
}
