-- expect: RUNTIME
-- overwriting view and e hurts this decision alone
return policy { name = 'abuse', on = { ['incident.reported'] = function(e, view)
view.nearest_officer = nil e.incident = nil view.now = 'x' return view.nearest_officer(e.incident)
end } }
