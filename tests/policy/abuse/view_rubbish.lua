-- expect: RUNTIME
-- asking with a function
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return view.echo(function() end)
end } }
