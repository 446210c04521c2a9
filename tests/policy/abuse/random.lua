-- expect: RUNTIME
-- a random number: there is none
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return math.random(10)
end } }
