-- expect: TIMEOUT
-- a loop without end
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
while true do end
end } }
