-- expect: RUNTIME
-- rep as a method of a text
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return ('x'):rep(1 << 30)
end } }
