-- expect: RUNTIME
-- a variable to be closed, with a value that cannot be
local x <close> = {}
return policy { name = 'abuse', on = {} }
