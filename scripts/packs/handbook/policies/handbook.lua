-- 城市管理手册:派遣之后按类别计处置时限,工作时间以外不走。到期后再过 1 个工作时仍未办结,算超期,黄牌督办
local function handled(category, limit, title)
  return {
    from = "dispatched", to = "handled", limit = limit, calendar = "office", warn = { 0.5, 0.8 }, grace = hours(1),
    title = title, when = { category = category },
  }
end

return policy {
  name = "handbook",
  title = "城市管理手册",
  clocks = {
    stop     = handled("illegal_building.stop", hours(4), "停工 4 工作时"),
    penalty  = handled("illegal_building.penalty", working_days(7), "处罚 7 工作日"),
    removal  = handled("illegal_building.removal", working_days(20), "拆除 20 工作日"),
    rubbish  = handled("exposed_rubbish", hours(4), "暴露垃圾 4 工作时"),
    cleaning = handled("road_cleaning", hours(2), "道路保洁 2 工作时"),
  },
  on = {
    ["clock.warned"] = function(e)
      if e.policy == "handbook" then return urge(e.incident, "时限将到") end
    end,
    ["clock.breached"] = function(e)
      if e.policy == "handbook" then return supervise(e.incident, "yellow", "超过手册规定的处置时限") end
    end,
  },
}
