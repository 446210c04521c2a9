-- expect: OK
-- a comparator that grows what is sorted
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t = {} for i = 1, 100 do t[i] = 100 - i end
table.sort(t, function(a, b) t[#t + 1] = 0 return a < b end)
end } }
