-- expect: BAD_DECISION
-- parameters with 100,000 members
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local p = {} for i = 1, 20000 do p['k' .. i] = i end return command('incident.dispatch', p)
end } }
