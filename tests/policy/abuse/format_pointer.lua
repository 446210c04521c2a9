-- expect: RUNTIME
-- an address by %p
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return string.format('%p', {})
end } }
