-- expect: SYNTAX
-- ten thousand kinds that nobody has
local on = {} for i = 1, 10000 do on['no.such' .. i] = function() end end
return policy { name = 'abuse', on = on }
