-- expect: RUNTIME
-- concat whose bounds wrap
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return table.concat({}, 'x', math.mininteger, math.maxinteger)
end } }
