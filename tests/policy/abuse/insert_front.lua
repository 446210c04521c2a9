-- expect: TIMEOUT
-- a thousand insertions at the front of a long list
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t = {} for i = 1, 50000 do t[i] = i end while true do table.insert(t, 1, 0) table.remove(t, 1) end
end } }
