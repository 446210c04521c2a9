-- expect: TIMEOUT
-- pcall given itself
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
while true do pcall(pcall, pcall, pcall, error) end
end } }
