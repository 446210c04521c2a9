-- expect: RUNTIME
-- answers asked about again and again, a level deeper each time
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t = { 'x' } for i = 1, 90 do t = view.echo(t) end
end } }
