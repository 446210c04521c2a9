-- expect: TIMEOUT
-- a numeric for over every integer
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
for i = math.mininteger, math.maxinteger do end
end } }
