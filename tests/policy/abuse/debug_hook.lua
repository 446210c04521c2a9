-- expect: RUNTIME
-- taking the hook away: there is no debug
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
debug.sethook()
end } }
