-- expect: RUNTIME
-- rep by its separator
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return string.rep('', 1 << 40, '')
end } }
