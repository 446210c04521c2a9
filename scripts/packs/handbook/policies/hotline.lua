-- 12345 热线分级办理:一级 2 小时、二级 24 小时、三级 7 日、四级 15 日。一、二级不分昼夜;三、四级从次日起算,
-- 最后一日下班时截止,遇节假日顺延(民法典第二百零一条、第二百零三条)。挂起不停表,只有退回补充材料时停
local function tier(level, limit, calendar, title)
  return {
    from = "reported", to = "handled", limit = limit, calendar = calendar, warn = { 0.8 }, title = title,
    pauses = { "returned" }, when = { category = "hotline", level = level },
  }
end

return policy {
  name = "hotline",
  title = "12345 热线分级办理",
  clocks = {
    urgent = tier(1, hours(2), nil, "2 小时办理"),
    day    = tier(2, hours(24), nil, "24 小时办理"),
    week   = tier(3, natural_days(7), "office", "7 日办理"),
    half   = tier(4, natural_days(15), "office", "15 日办理"),
  },
}
