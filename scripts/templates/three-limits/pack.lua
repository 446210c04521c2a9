name = "three-limits"
version = "1"
title = { zh = "三限时", en = "Three limits" }
about = {
  zh = "30 分钟发现上报、5 分钟调度处置(夜间 8 分钟)、3 小时处置完毕;超时的黄牌督办。",
  en = "30 minutes to detect, 5 to dispatch (8 at night), 3 hours to resolve; a yellow card when late.",
}
requires = { "dispatch" }
policies = { "policies/three-limits.lua" }
