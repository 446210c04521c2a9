-- expect: BAD_DECISION
-- a parameter of 250 KiB
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return command('incident.dispatch', { note = string.rep('x', 250000) })
end } }
