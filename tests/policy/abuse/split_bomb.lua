-- expect: TIMEOUT
-- splitting a long text at every byte
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
local s = string.rep('x,', 130000) local all = {} while true do all[#all + 1] = string.split(s, ',') end
end } }
