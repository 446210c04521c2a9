-- expect: OK
-- a number of 200,000 digits
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
assert(tonumber(('9'):rep(200000)) == math.huge) assert(tonumber('0x' .. ('f'):rep(200000)) == -1) assert(tonumber('1e' .. ('9'):rep(1000)) == math.huge)
end } }
