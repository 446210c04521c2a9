-- expect: NOMEM
-- many small tables
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t = {} while true do t = { t, {}, {} } end
end } }
