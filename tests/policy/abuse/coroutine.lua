-- expect: RUNTIME
-- a coroutine has a hook of its own: there is none
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
coroutine.wrap(function() while true do end end)()
end } }
