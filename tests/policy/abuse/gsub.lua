-- expect: RUNTIME
-- gsub with a function: there is none
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return ('x'):gsub('x', function() while true do end end)
end } }
