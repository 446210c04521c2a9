-- 阶梯:每一级由谁应答、等多久。find 写明怎样找到他:先按包保关系(binding),再按单位(unit)
local minute = 60 * 1000
return {
  name = "responsibility",
  title = "责任阶梯",
  rungs = {
    { level = "grid", title = "网格员", find = "binding:grid_head unit:grid", wait_ms = 10 * minute },
    { level = "village", title = "村", find = "binding:village_head unit:village", wait_ms = 10 * minute },
    { level = "township", title = "镇", find = "binding:township_head unit:township", wait_ms = 20 * minute },
    { level = "county", title = "县", find = "unit:county", wait_ms = 30 * minute },
  },
}
