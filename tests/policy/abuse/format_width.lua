-- expect: RUNTIME
-- a format of a huge width
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return string.format('%99999d', 1)
end } }
