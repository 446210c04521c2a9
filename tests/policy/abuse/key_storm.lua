-- expect: TIMEOUT
-- a table that is filled and emptied, rehashing each time
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t = {} for i = 1, math.huge do t['k' .. i] = i t['k' .. (i - 50)] = nil end
end } }
