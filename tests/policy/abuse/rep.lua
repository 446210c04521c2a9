-- expect: RUNTIME
-- a text of a gigabyte
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return string.rep('x', 1 << 30)
end } }
