-- expect: OK
-- sub with the extremes of integers
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
assert(('abc'):sub(math.mininteger, math.maxinteger) == 'abc') assert(('abc'):sub(math.maxinteger, math.mininteger) == '') assert(('abc'):byte(math.mininteger) == nil)
end } }
