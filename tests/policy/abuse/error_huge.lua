-- expect: RUNTIME
-- an error message of 250 KiB
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
error(string.rep('错', 80000))
end } }
