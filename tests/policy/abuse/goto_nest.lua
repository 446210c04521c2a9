-- expect: TIMEOUT
-- gotos out of nested blocks, for ever
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
::top:: do do do do goto top end end end end
end } }
