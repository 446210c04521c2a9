-- expect: RUNTIME
-- a format with too many pieces
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return string.format(string.rep('%s', 3000))
end } }
