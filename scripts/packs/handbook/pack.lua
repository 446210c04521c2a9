-- 城市管理手册与 12345 热线的办理时限:工作时、工作日、自然日
-- A city management handbook and hotline tiers: limits in working hours, working days and natural days
name = "handbook"
version = "1.0"
title = { zh = "城市管理手册、热线分级时限", en = "City handbook and hotline limits" }
requires = { "dispatch" }
dictionaries = { categories = "dictionaries/categories.csv" }
policies = { "policies/handbook.lua", "policies/hotline.lua" }
setup = { { "calendar.set", "setup/office.lua" } }
