-- expect: BAD_DECISION
-- a parameter that is no number
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return command('incident.dispatch', { level = 0 / 0 })
end } }
