-- expect: RUNTIME
-- concat over positions nobody has
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return table.concat({}, '', 1, 1 << 60)
end } }
