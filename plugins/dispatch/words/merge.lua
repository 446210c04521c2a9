-- 并案:incident 并入 into(两者都可以是事件或编号)
function merge(incident, into, reason)
  return command("incident.merge", { id = id_of(incident), into = id_of(into), reason = reason })
end

-- 拆案
function split_off(incident, reason)
  return command("incident.split", { id = id_of(incident), reason = reason })
end
