-- expect: RUNTIME
-- a to-be-closed variable needs a metatable, and there is none to be had
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local x <close> = {}
end } }
