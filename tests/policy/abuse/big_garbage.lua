-- expect: TIMEOUT
-- large garbage: the copying is paid for
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local s = string.rep('x', 200000) while true do local t = s .. 'y' end
end } }
