-- expect: RUNTIME
-- reading files: there is no dofile
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
dofile('/etc/passwd')
end } }
