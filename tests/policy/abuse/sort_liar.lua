-- expect: OK
-- a comparator that contradicts itself: the sort ends all the same
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t = {} for i = 1, 1000 do t[i] = i end table.sort(t, function() return true end)
end } }
