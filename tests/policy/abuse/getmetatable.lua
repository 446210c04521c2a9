-- expect: RUNTIME
-- the metatable of strings would be everybody's
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
getmetatable('').__index = nil
end } }
