-- expect: BAD_DECISION
-- a member's name that is no UTF-8
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return command('incident.dispatch', { ['\xff'] = 1 })
end } }
