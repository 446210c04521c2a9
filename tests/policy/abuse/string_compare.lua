-- expect: TIMEOUT
-- comparing long equal texts
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local a, b = string.rep('x', 250000), string.rep('x', 249999) .. 'x'
while true do local c = a == b end
end } }
