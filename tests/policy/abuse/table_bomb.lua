-- expect: NOMEM
-- a table that grows
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t = {} for i = 1, math.huge do t[i] = i end
end } }
