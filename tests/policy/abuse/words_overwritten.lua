-- expect: OK
-- the sandbox's words overwritten, for this decision alone
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
string.rep, table.sort, error, policy, dispatch = nil, nil, nil, nil, nil assert(('x').rep == nil)
end } }
