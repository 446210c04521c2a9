-- expect: TIMEOUT
-- making texts of numbers
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local i = 0 while true do i = i + 0.1 local s = i .. '' end
end } }
