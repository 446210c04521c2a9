-- expect: BAD_DECISION
-- a command that is its own parameter
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local c = command('incident.dispatch', {}) c.params.self = c return c
end } }
