-- expect: OK
-- rep a negative number of times
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
assert(('x'):rep(-1) == '' and ('x'):rep(math.mininteger) == '')
end } }
