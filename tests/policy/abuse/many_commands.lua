-- expect: BAD_DECISION
-- a thousand commands
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t = {} for i = 1, 1000 do t[i] = command('incident.dispatch') end return t
end } }
