-- expect: RUNTIME
-- stopping the collector: there is none to call
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
collectgarbage('stop')
end } }
