-- expect: BAD_DECISION
-- a command policies may not give
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return command('user.add', { name = 'root' })
end } }
