-- expect: RUNTIME
-- a kind whose name is a hundred thousand letters
return policy { name = 'abuse', on = { [('x'):rep(100000)] = function() end } }
