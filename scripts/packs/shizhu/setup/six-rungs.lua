-- 六长:谁住在这里、谁管这一院、这一格、这一村、这一片、这一乡。find 写明怎样找到他:先按包保关系,再按单位。
local minute = 60 * 1000
return {
  name = "six",
  title = "六长责任制",
  rungs = {
    { level = "household", title = "户长", find = "binding:household", wait_ms = 5 * minute },
    { level = "courtyard", title = "院落长", find = "binding:courtyard", wait_ms = 10 * minute },
    { level = "grid", title = "网格长", find = "binding:grid_head unit:grid", wait_ms = 10 * minute },
    { level = "village", title = "村长", find = "binding:village_head unit:village", wait_ms = 10 * minute },
    { level = "police_post", title = "派出所所长", find = "binding:police_post unit:police_post", wait_ms = 10 * minute },
    { level = "township", title = "乡长", find = "binding:township_head unit:township", wait_ms = 20 * minute },
    { level = "county", title = "县", find = "unit:county", wait_ms = 30 * minute },
  },
}
