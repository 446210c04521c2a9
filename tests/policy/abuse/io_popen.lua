-- expect: RUNTIME
-- starting a program: there is no io
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
io.popen('sleep 100')
end } }
