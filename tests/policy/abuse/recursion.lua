-- expect: NOMEM
-- recursion without end
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local function f(n) return 1 + f(n + 1) end return f(1)
end } }
