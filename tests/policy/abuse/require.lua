-- expect: RUNTIME
-- modules: there is no require
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
require('os').exit(1)
end } }
