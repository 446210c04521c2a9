name = "severity"
version = "1"
title = { zh = "按级别处置", en = "Severity routing" }
about = {
  zh = "红色到县并派两人,橙色到镇,黄色、蓝色归网格;各级时限不同。",
  en = "Red goes to the county and two are sent, orange to the township, the rest stays with the grid; limits by level.",
}
requires = { "dispatch" }
policies = { "policies/severity.lua" }
