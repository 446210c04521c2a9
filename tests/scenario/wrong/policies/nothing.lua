return policy { name = "nothing", on = { ["incident.reported"] = function(e, view) return comment(e.incident, "看到了") end } }
