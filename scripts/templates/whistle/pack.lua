name = "whistle"
version = "1"
title = { zh = "吹哨报到", en = "Whistle" }
about = {
  zh = "部门才办得了的事,上报后自动吹哨叫部门一小时内到场;到时未到的黄牌督办、点名。",
  en = "What needs departments calls them to the place within the hour; the absent get a yellow card, by name.",
}
requires = { "dispatch" }
policies = { "policies/whistle.lua" }
