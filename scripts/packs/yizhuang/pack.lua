-- 亦庄:三限时与逐级上报
name = "yizhuang"
version = "1.0"
title = { zh = "亦庄:三限时、逐级上报", en = "Yizhuang: three limits, reporting up" }
requires = { "dispatch" }
policies = { "policies/three-limits.lua", "policies/report-up.lua", "policies/safety.lua", "policies/reserved.lua",
  "policies/whistle.lua" }
setup = { { "calendar.set", "setup/office.lua" } }
