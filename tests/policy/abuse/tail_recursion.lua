-- expect: TIMEOUT
-- a tail call takes no stack and no end
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local function f() return f() end return f()
end } }
