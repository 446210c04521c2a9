-- 摘牌
function lift(incident, note)
  return command("supervise.lift", { id = id_of(incident), note = note })
end
