-- expect: RUNTIME
-- table.move with huge bounds: there is none
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
table.move({}, 1, math.maxinteger - 1, 2)
end } }
