-- expect: NOMEM
-- a bomb before the policy is even declared
local t = {} while true do t[#t + 1] = { t } end
