-- expect: RUNTIME
-- answers asked about twice each time
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t = { 'x' } for i = 1, 60 do t = view.echo(t, t) end
end } }
