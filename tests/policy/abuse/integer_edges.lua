-- expect: OK
-- division and remainder where the machine's own would trap
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
assert(math.mininteger // -1 == math.mininteger) assert(math.mininteger % -1 == 0) assert(math.fmod(math.mininteger, -1) == 0) assert(1 << 64 == 0 and 1 >> -64 == 0)
end } }
