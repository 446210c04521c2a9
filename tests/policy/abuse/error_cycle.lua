-- expect: RUNTIME
-- an error that contains itself
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t = {} t.zh = t t.t = t error(t)
end } }
