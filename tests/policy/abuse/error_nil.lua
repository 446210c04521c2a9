-- expect: RUNTIME
-- an error without a value
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
error(nil)
end } }
