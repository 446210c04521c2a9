-- expect: RUNTIME
-- a handler that runs on after the kill: there is no xpcall
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
xpcall(function() while true do end end, function() while true do end end)
end } }
