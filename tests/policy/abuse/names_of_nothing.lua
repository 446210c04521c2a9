-- expect: RUNTIME
-- setting what reading an unknown name would call
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local mt = getmetatable and 1 return setmetatable({}, { __index = function() while true do end end })
end } }
