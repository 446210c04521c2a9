-- expect: RUNTIME
-- an error at an absurd level
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
error('x', math.maxinteger)
end } }
