-- expect: TIMEOUT
-- asking without end, swallowing the refusal
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
while true do pcall(view.nearest_officer, e.incident) end
end } }
