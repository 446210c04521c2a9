-- expect: TIMEOUT
-- a numeric for whose step is too small to move
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
for i = 1, 2, 1e-300 do end
end } }
