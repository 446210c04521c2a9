-- expect: TIMEOUT
-- pairs over a long table again and again
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t = {} for i = 1, 20000 do t[i] = i end while true do for k in pairs(t) do break end end
end } }
