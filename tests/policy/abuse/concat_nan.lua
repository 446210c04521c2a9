-- expect: RUNTIME
-- concat from a position that is no number
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return table.concat({ 1, 2 }, ',', 0/0)
end } }
