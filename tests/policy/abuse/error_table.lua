-- expect: RUNTIME
-- an error that is a table
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
error({ 1, 2, { 3 } })
end } }
