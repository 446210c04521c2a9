-- expect: RUNTIME
-- compiling text at run time: there is no load
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
load('while true do end')()
end } }
