-- 六长责任制:小事从户长问起,一级不应问上一级,空岗当即跳过;一级(红)、二级(橙)的事直接从派出所问起。
local function ask(incident)
  if incident.level <= 2 then return climb(incident, "six", { from = "police_post", wait = minutes(5) }) end
  return climb(incident, "six")
end

-- 挂起、并案时阶梯就停了;恢复、拆案后还没人管的,从头问起
local function ask_again(e)
  if e.incident.state == "reported" then return ask(e.incident) end
end

return policy {
  name = "six-rungs",
  title = "六长逐级询问",
  on = {
    ["incident.reported"] = function(e)
      if not e.solved then return ask(e.incident) end
    end,
    ["incident.resumed"] = ask_again,
    ["incident.split"] = ask_again,
  },
}
