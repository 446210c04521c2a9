-- expect: RUNTIME
-- an environment of one's own has nothing in it
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local _ENV = {} while true do print() end
end } }
