-- expect: TIMEOUT
-- a loop before the policy is even declared
while true do end
