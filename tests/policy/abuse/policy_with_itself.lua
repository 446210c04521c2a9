-- expect: SYNTAX
-- a policy that contains itself
local p = { name = 'x' } p.on = p return policy(p)
