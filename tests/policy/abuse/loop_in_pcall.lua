-- expect: TIMEOUT
-- a loop that swallows the kill and goes on
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
while true do pcall(function() while true do end end) end
end } }
