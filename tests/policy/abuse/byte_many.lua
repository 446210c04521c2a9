-- expect: RUNTIME
-- a byte a value: more values than the stack holds
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local s = string.rep('a', 262144) local t = { string.byte(s, 1, -1) } return #t
end } }
