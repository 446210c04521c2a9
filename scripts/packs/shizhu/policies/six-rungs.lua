-- 六长责任制:小事从户长问起,一级不应问上一级,空岗当即跳过;一级(红)、二级(橙)的事直接从派出所问起。
return policy {
  name = "six-rungs",
  title = "六长逐级询问",
  on = {
    ["incident.reported"] = function(e, view)
      if e.solved then return end
      if e.incident.level <= 2 then return climb(e.incident, "six", { from = "police_post", wait = minutes(5) }) end
      return climb(e.incident, "six")
    end,
  },
}
