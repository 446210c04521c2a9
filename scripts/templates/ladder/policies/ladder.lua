-- 责任阶梯:先问网格,到时没人应答问村、问镇、问县;红色、橙色的从镇里问起
return policy {
  name = "ladder",
  title = "逐级询问",
  on = {
    ["incident.reported"] = function(e)
      if e.solved then return end
      if e.incident.level <= 2 then return climb(e.incident, "responsibility", { from = "township", wait = minutes(5) }) end
      return climb(e.incident, "responsibility")
    end,
  },
}
