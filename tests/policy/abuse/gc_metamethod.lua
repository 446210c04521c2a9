-- expect: RUNTIME
-- __gc runs where no hook counts: there is no setmetatable
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
setmetatable({}, { __gc = function() while true do end end })
end } }
