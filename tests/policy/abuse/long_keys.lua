-- expect: TIMEOUT
-- hashing long texts as keys
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local s, t = string.rep('x', 200000), {} while true do t[s .. 'y'] = nil end
end } }
