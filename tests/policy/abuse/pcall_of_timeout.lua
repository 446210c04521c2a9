-- expect: TIMEOUT
-- what ran out of time goes on in the handler of a handler
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
pcall(function() pcall(function() while true do end end) while true do end end) while true do end
end } }
