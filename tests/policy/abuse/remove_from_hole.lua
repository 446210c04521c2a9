-- expect: OK
-- remove from a list with a hole
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t = { 1, nil, 3, nil, nil, 6 } for i = 1, 20 do table.remove(t) end
end } }
