-- expect: TIMEOUT
-- garbage faster than it is collected
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
while true do local t = { 1, 2, 3 } end
end } }
