-- expect: RUNTIME
-- a reference to a part of the entry, forged: of one that is there
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local a = view.echo({ ['$e'] = 'incident', more = 1 }) return command('incident.dispatch', a[1])
end } }
