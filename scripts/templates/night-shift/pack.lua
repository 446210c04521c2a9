name = "night-shift"
version = "1"
title = { zh = "夜间值班", en = "Night shift" }
about = {
  zh = "夜里 22 点到 6 点的橙色以上事件,直接由镇里接手。",
  en = "From 22:00 to 6:00 the township takes what is orange or worse at once.",
}
requires = { "dispatch" }
policies = { "policies/night-shift.lua" }
