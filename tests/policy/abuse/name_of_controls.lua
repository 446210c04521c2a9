-- expect: SYNTAX
-- a name with control characters
return policy { name = 'a\0b\27', on = { ['incident.reported'] = function() end } }
