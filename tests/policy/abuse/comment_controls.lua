-- expect: OK
-- comments with control characters: [31m
--[==[  ]0;x ]==]
return policy { name = 'abuse', on = { ['incident.reported'] = function() end } }
