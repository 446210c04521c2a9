-- expect: OK
-- a mark that some editors put in front
return policy { name = 'abuse', on = { ['incident.reported'] = function() end } }
