-- expect: RUNTIME
-- rep whose size overflows
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return string.rep('abcdefgh', 1 << 61)
end } }
