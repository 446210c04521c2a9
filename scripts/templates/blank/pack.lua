name = "blank"
version = "1"
title = { zh = "空白规则包", en = "A blank pack" }
about = {
  zh = "从头写起:一条什么也不做的规则和一个情景。",
  en = "From scratch: a rule that does nothing yet, and a scenario.",
}
requires = { "dispatch" }
policies = { "policies/first.lua" }
