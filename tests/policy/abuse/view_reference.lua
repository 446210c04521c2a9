-- expect: RUNTIME
-- a reference to a part of the entry, forged: of a part that is not there
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return view.echo({ ['$e'] = 'nothing' })
end } }
