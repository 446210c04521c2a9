-- expect: RUNTIME
-- a pathological pattern: there are none
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return string.find(string.rep('a', 30000), string.rep('a?', 3000) .. 'b')
end } }
