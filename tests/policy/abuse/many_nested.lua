-- expect: BAD_DECISION
-- 64 lists of 64 commands
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t = {} for i = 1, 64 do t[i] = {} for j = 1, 64 do t[i][j] = command('incident.dispatch') end end return t
end } }
