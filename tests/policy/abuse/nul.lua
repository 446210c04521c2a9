-- expect: BAD_DECISION
-- a text with a NUL
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return command('incident.dispatch', { note = 'a\0b' })
end } }
