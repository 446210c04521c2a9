-- expect: RUNTIME
-- insert and remove where there is no list
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t = {} table.insert(t, 1 << 53, 'x')
end } }
