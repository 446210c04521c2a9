-- expect: RUNTIME
-- asking without end
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
while true do view.nearest_officer(e.incident) end
end } }
