-- expect: RUNTIME
-- concat with huge bounds
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return table.concat({}, 'x', 1, math.maxinteger)
end } }
