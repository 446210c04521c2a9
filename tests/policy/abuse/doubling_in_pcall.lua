-- expect: NOMEM
-- a text that doubles, and swallows the refusal
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local s = 'x' while true do pcall(function() s = s .. s end) end
end } }
