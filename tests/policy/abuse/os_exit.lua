-- expect: RUNTIME
-- ending the server: there is no os
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
os.exit(1)
end } }
