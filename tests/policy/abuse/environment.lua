-- expect: RUNTIME
-- the environment itself: plain names of the allow-list and nothing behind them
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
return _ENV.rawget(_ENV, 'x')
end } }
