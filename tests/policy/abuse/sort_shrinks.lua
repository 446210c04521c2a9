-- expect: OK
-- a comparator that takes away what is being sorted
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t = {} for i = 1, 200 do t[i] = -i end table.sort(t, function(a, b) for i = 1, 200 do t[i] = nil end return a < b end)
end } }
