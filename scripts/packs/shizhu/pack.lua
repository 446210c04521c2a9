-- 石柱·中益:六长责任制(户长、院落长、网格长、村长、派出所所长、乡长)逐级询问
name = "shizhu"
version = "1.0"
title = { zh = "石柱·中益:六长责任制", en = "Shizhu, Zhongyi: the ladder of six heads" }
requires = { "dispatch" }
policies = { "policies/six-rungs.lua" }
dictionaries = { bindings = "dictionaries/bindings.csv" }
setup = { { "ladder.set", "setup/six-rungs.lua" } }
