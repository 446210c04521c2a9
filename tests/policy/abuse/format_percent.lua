-- expect: RUNTIME
-- a format that ends in the middle
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return string.format('%')
end } }
