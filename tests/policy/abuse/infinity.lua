-- expect: BAD_DECISION
-- a parameter without end
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return command('incident.dispatch', { level = -math.huge })
end } }
