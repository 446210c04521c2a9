-- expect: TIMEOUT
-- a loop of one instruction
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
repeat until false
end } }
