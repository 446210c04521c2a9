-- expect: SYNTAX
-- a file that declares nothing
return 5
