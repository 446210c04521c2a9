-- expect: TIMEOUT
-- next by next over a long table
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t = {} for i = 1, 20000 do t['k' .. i] = i end local k repeat k = next(t, k) until not k
end } }
