-- expect: NOMEM
-- closures that hold one another
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local f = function() end while true do local g = f f = function() return g end end
end } }
