--- 摘牌:撤下督办牌
--- lifts the card
--> incident.supervised: return lift(e.incident, "已说明")
function lift(incident, note)
  return command("supervise.lift", { id = id_of(incident), note = note })
end
