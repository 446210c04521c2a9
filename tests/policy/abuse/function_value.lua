-- expect: BAD_DECISION
-- a function as a parameter
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return command('incident.dispatch', { note = tostring })
end } }
