-- expect: RUNTIME
-- sorting what cannot be compared
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
table.sort({ 1, 'a', {}, true })
end } }
