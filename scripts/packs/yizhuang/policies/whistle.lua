-- 街乡吹哨:到时未报到的部门,黄牌督办,点名
return policy {
  name = "whistle",
  title = "吹哨报到",
  on = {
    ["whistle.absent"] = function(e, view)
      return supervise(e.incident, "yellow", e.name .. "接哨后未按时报到")
    end,
  },
}
