-- expect: TIMEOUT
-- a loop of nothing but a goto
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
::again:: goto again
end } }
