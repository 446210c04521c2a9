-- expect: RUNTIME
-- lines that end as on Windows are counted once
return policy {
  name = 'abuse',
  on = { ['incident.reported'] = function(e)
    error('line 6')
  end },
}
