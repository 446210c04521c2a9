-- expect: BAD_DECISION
-- positions that are no whole numbers
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return command('incident.dispatch', { [1.5] = 1 })
end } }
