-- expect: BAD_DECISION
-- a decision that contains itself
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t = {} t[1] = t return t
end } }
