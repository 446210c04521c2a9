-- expect: BAD_DECISION
-- a command with more text than one may have
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local s = ('x'):rep(100000) return command('incident.dispatch', { s, s .. 'y' })
end } }
