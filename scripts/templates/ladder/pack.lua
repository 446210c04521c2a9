name = "ladder"
version = "1"
title = { zh = "责任阶梯", en = "Ladder" }
about = {
  zh = "从最低的有人一级问起,到时无人应答问上一级,空岗当即跳过,最后归兜底单位。",
  en = "Asks rung by rung from the lowest, until somebody answers; at the top the fallback owner has it.",
}
requires = { "dispatch" }
policies = { "policies/ladder.lua" }
setup = { { "ladder.set", "setup/ladder.lua" } }
