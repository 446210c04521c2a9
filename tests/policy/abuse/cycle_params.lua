-- expect: BAD_DECISION
-- parameters that contain themselves
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local p = {} p.p = p return command('incident.dispatch', p)
end } }
