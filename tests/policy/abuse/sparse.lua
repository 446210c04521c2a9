-- expect: BAD_DECISION
-- a list from 1 to 2^53 with two members
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return { [1] = command('incident.dispatch'), [1 << 53] = command('incident.dispatch') }
end } }
