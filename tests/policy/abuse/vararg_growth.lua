-- expect: NOMEM
-- a tail call that carries one more argument each time
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local function f(...) return f(1, ...) end return f()
end } }
