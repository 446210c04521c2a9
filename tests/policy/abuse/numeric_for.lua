-- expect: TIMEOUT
-- a for of 2^63 rounds
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
for i = math.mininteger, math.maxinteger do end
end } }
