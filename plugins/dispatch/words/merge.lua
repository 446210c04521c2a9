--- 并案:incident 并入 into,两者都可以是事件或编号
--- makes it part of another incident that is the same thing
--> local same = view.duplicates(e.incident)[1]
--> if same and same.score > 0.9 then return merge(e.incident, same.id, "同一件事") end
function merge(incident, into, reason)
  return command("incident.merge", { id = id_of(incident), into = id_of(into), reason = reason })
end

--- 拆案:撤销并案
--- undoes a merge
--> incident.merged: return split_off(e.incident, "并错了")
function split_off(incident, reason)
  return command("incident.split", { id = id_of(incident), reason = reason })
end

--- view.duplicates
--> for _, other in ipairs(view.duplicates(e.incident)) do
-->   return comment(e.incident, "可能与 " .. other.id .. " 是同一件事")
--> end
