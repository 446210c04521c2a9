-- expect: TIMEOUT
-- 64 commands of a megabyte each
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t = {} for i = 1, 64 do local p = {} for k = 1, 4 do p[k] = ('x'):rep(262144 - i - k) end t[i] = command('incident.dispatch', { p = p }) end return t
end } }
