-- expect: BAD_DECISION
-- a text that is no UTF-8
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return command('incident.dispatch', { note = '\xc0\x80' })
end } }
