-- expect: BAD_DECISION
-- a list of commands that holds itself
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t = { command('incident.dispatch', {}) } t[2] = t return t
end } }
