-- expect: NOMEM
-- texts of the largest size, all kept
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t, s = {}, ('x'):rep(262144) for i = 1, 64 do t[i] = s:sub(1, 262143) .. i end
end } }
