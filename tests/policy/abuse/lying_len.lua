-- expect: RUNTIME
-- a lying __len needs a metatable
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t = setmetatable({}, { __len = function() return 1 << 60 end }) table.concat(t)
end } }
