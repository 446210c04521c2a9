name = "report-up"
version = "1"
title = { zh = "逐级上报", en = "Reporting up" }
about = {
  zh = "到时没派出去或没人接单,上报到镇;镇里再没派出,上报到县;空岗当即跳过。",
  en = "Not dispatched or not accepted in time goes up to the township, then to the county; empty rungs are skipped.",
}
requires = { "dispatch" }
policies = { "policies/report-up.lua" }
