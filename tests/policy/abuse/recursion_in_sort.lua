-- expect: RUNTIME
-- recursion through a comparator
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local function f() table.sort({ 3, 2, 1 }, function(a, b) f() return a < b end) end f()
end } }
