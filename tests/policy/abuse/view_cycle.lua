-- expect: RUNTIME
-- asking with a table that contains itself
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local t = {} t.t = t return view.echo(t)
end } }
