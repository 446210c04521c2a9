-- expect: SYNTAX
-- a text that is never closed
return policy { name = [==[ x
