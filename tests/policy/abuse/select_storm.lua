-- expect: TIMEOUT
-- many values passed on
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local function f(n, ...) if n == 0 then while true do local a = select('#', ...) end end return f(n - 1, n, ...) end f(150)
end } }
