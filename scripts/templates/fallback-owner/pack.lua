name = "fallback-owner"
version = "1"
title = { zh = "兜底", en = "Fallback owner" }
about = {
  zh = "处处没人的时候归谁:没人应答到顶的归县里,并叫醒值班领导。",
  en = "Who has it when nobody is there: what climbs to the top is urged at the county.",
}
requires = { "dispatch" }
policies = { "policies/fallback-owner.lua" }
