-- expect: BAD_DECISION
-- parameters a thousand deep
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local p = {} local q = p for i = 1, 1000 do q.q = {} q = q.q end return command('incident.dispatch', p)
end } }
