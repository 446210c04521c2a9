-- expect: NOMEM
-- recursion without end while the file is read
local function f() return 1 + f() end
return policy { name = f(), on = {} }
