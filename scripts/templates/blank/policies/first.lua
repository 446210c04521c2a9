-- 听到一件事,看看情况,返回要下的命令;什么也不返回就是什么也不做
return policy {
  name = "first",
  title = "第一条规则",
  on = {
    ["incident.reported"] = function(e, view)
      if e.incident.level == 1 then return comment(e.incident, "红色事件") end
    end,
  },
}
