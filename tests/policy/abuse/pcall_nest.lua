-- expect: TIMEOUT
-- pcall inside pcall inside pcall
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local function f() pcall(f) while true do pcall(f) end end
f()
end } }
