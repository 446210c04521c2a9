-- A pack whose stories do not come true: the runner must say so, with file and line.
name = "wrong"
version = "1"
policies = { "policies/nothing.lua" }
