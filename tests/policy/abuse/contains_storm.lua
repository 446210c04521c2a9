-- expect: TIMEOUT
-- searching long texts
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local s = string.rep('a', 260000) while true do string.contains(s, 'aaaaaaaab') end
end } }
