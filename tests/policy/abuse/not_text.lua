-- expect: SYNTAX
-- a file that is no text
 return
