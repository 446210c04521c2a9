-- expect: OK
-- a command's parameters that look like a reference are plain data
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return command('incident.dispatch', { ['$e'] = 'incident' })
end } }
