-- expect: RUNTIME
-- an error message that is no text
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
error('\xff\xfe\0\x1b[2J')
end } }
