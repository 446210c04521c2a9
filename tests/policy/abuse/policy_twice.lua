-- expect: OK
-- policy called again and again; the last one counts
for i = 1, 50 do policy { name = 'other' .. i, on = {} } end
return policy { name = 'abuse', on = { ['incident.reported'] = function() end } }
