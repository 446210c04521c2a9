-- expect: OK
-- a numeric for up to the last integer ends there
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local n = 0 for i = math.maxinteger - 2, math.maxinteger do n = n + 1 end for i = math.mininteger + 1, math.mininteger, -1 do n = n + 1 end assert(n == 5)
end } }
