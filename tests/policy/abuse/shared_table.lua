-- expect: OK
-- one table in many places is copied into each
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local p = { id = 'i7' } local t = {} for i = 1, 60 do t[i] = command('incident.dispatch', { p = p, q = p }) end return t
end } }
