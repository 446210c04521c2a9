-- expect: RUNTIME
-- keys that have no order
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
for k in pairs({ [{}] = 1 }) do end
end } }
