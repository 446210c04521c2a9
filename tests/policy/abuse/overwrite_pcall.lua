-- expect: TIMEOUT
-- words overwritten are overwritten for this decision only
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
pcall = function(f) return f() end error = nil assert = nil
while true do pcall(function() end) end
end } }
