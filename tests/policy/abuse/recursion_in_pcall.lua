-- expect: RUNTIME
-- recursion through C
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local function f() local ok, why = pcall(f) if not ok then error(why, 0) end end f()
end } }
