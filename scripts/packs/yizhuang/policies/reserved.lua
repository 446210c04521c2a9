-- 预留的人手上的事办完,当即派去预留的那件
return policy {
  name = "reserved",
  title = "预留人员空出即派",
  on = {
    ["reserve.ready"] = function(e)
      return dispatch(e.incident, e.user or { unit = e.unit }, "预留人员已空出", { expires = minutes(10), remind = minutes(3) })
    end,
  },
}
