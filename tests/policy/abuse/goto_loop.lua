-- expect: TIMEOUT
-- a loop by goto
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
::again:: goto again
end } }
