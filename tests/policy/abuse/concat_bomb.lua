-- expect: RUNTIME
-- concat of one large text many times
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local s, t = string.rep('x', 200000), {} for i = 1, 1000 do t[i] = s end return table.concat(t)
end } }
