-- expect: TIMEOUT
-- a numeric for down to minus infinity
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
for i = 0, -math.huge, -1 do end
end } }
