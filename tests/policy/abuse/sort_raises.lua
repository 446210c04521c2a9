-- expect: RUNTIME
-- a comparator that raises in the middle
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t = {} for i = 1, 200 do t[i] = -i end local n = 0 table.sort(t, function(a, b) n = n + 1 if n > 300 then error('now') end return a < b end)
end } }
