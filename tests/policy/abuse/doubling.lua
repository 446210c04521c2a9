-- expect: NOMEM
-- a text that doubles
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local s = 'x' while true do s = s .. s end
end } }
