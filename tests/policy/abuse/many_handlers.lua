-- expect: SYNTAX
-- handlers for kinds that do not exist
local on = {} for i = 1, 1000 do on['x' .. i] = tostring end
return policy { name = 'x', on = on }
