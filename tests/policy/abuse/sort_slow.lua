-- expect: TIMEOUT
-- a comparator that takes its time
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t = {} for i = 1, 1000 do t[i] = i end
table.sort(t, function(a, b) for i = 1, 1000 do end return a < b end)
end } }
