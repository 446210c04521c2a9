-- The words every policy may use, before the words of the plugins. Compiled into the server; runs in the sandbox.
-- `...` is what only this file sees: suggest(word, list), kind(name), proxy(call), list(table).
--
-- Writing a clause (in the Lua words of a plugin):
--   clauses.rounds = function(p, on)            -- p is the whole policy, p.rounds the clause
--     if type(p.rounds) ~= "table" then refuse("rounds", "rounds 应是一张表", "rounds must be a table") end
--     on("incident.reported", function(e, view) return command("round.start", { id = e.subject }) end)
--   end
-- Several clauses and the policy's own `on` may hear one kind; their commands are joined, clauses first.
local inner = ...

clauses = {}

local function whole(n) return math.tointeger(n) or math.floor(n) end
--- 秒:时长,单位毫秒
--- seconds, as a duration in milliseconds
--> return dispatch(e.incident, "officer-a1", "请速去", { remind = seconds(45) })
function seconds(n) return whole(n * 1000) end
--- 分钟
--- minutes
--> member: clocks = { dispatch = { from = "reported", to = "dispatched", limit = minutes(5) } }
function minutes(n) return whole(n * 60000) end
--- 小时
--- hours
--> member: clocks = { handle = { from = "reported", to = "handled", limit = hours(3) } }
function hours(n) return whole(n * 3600000) end
--- 天(24 小时)
--- days of 24 hours
--> incident.dispatched: return suspend(e.incident, "等天晴", { time = days(2) })
function days(n) return whole(n * 86400000) end

--- 列表:空的时候也还是列表
--- a list that stays a list when it is empty
--> return command("incident.dispatch", { id = e.incident.id, to = list { { user = "officer-a1" } } })
function list(t) return inner.list(t) end

--- 命令:规则可以下的任何一条命令,method 是方法名,params 是参数
--- any command that rules may give: a method and its parameters
--> return command("incident.comment", { id = e.incident.id, text = "已登记" })
function command(method, params) return { method = method, params = params or {} } end

local declared = {}
--- 一条规则:文件以 return policy { … } 结尾
--- a policy: the file ends with return policy { ... }
function policy(t)
  if type(t) ~= "table" then error("policy takes a table: policy { name = ..., on = { ... } }", 2) end
  declared[t] = true
  return t
end

local problems
local function problem(path, zh, en)
  if #problems < 50 then table.insert(problems, { path = path, zh = zh, en = en }) end -- who reads more?
end

-- For clauses: refuses the policy, naming the key ("clocks.dispatch.limit") that is wrong.
function refuse(path, zh, en) error({ path = path, zh = zh, en = en or zh }) end

local function meant(word, words)
  local near = inner.suggest(word, words)
  if near then return ",是不是 " .. near .. "?", ", did you mean '" .. near .. "'?" end
  return "", ""
end

local function check_keys(t)
  local words = { "name", "on", "title" }
  for name in pairs(clauses) do table.insert(words, name) end
  for key in pairs(t) do
    if type(key) == "number" then
      problem("", "第 " .. key .. " 项没有名字", "item " .. key .. " has no name")
    else
      local known = false
      for _, word in ipairs(words) do known = known or word == key end
      if not known then
        local zh, en = meant(key, words)
        problem(key, "不认识的项 " .. key .. zh, "unknown member '" .. key .. "'" .. en)
      end
    end
  end
end

-- Returns { name, title, handlers = { [kind] = { f, ... } } } and the list of problems.
local function finish(t, lenient)
  problems = {}
  local out = { handlers = {} }
  if type(t) ~= "table" or not declared[t] then
    problem("", "文件应当以 return policy { … } 结尾", "the file must end with: return policy { ... }")
    return out, problems
  end
  check_keys(t)
  if type(t.name) ~= "string" or #t.name == 0 or #t.name > 48 then
    problem("name", "name 应为 1 到 48 个字符的名字", "name must be a name of 1 to 48 characters")
  else
    out.name = t.name
  end

  local function add(kind, f, path)
    if type(kind) ~= "string" then
      return problem("on", "on 的键应为记录种类的名字", "the keys of on must be names of entry kinds")
    end
    if type(f) ~= "function" then
      return problem(path, kind .. " 应对应一个函数", kind .. " must be a function")
    end
    local state, near = inner.kind(kind)
    if state == "unknown" then
      if lenient then return end
      return problem(path, "没有这种记录 " .. kind .. (near and ",是不是 " .. near .. "?" or ""),
        "no entry kind '" .. kind .. "'" .. (near and ", did you mean '" .. near .. "'?" or ""))
    end
    if state == "quiet" then
      return problem(path, "规则听不到 " .. kind, "policies do not hear " .. kind)
    end
    out.handlers[kind] = out.handlers[kind] or {}
    table.insert(out.handlers[kind], f)
  end

  for name, expand in pairs(clauses) do
    if t[name] ~= nil then
      local on = inner.proxy(function(kind, f) add(kind, f, name) end)
      local ok, why = pcall(expand, t, on)
      if not ok then
        if type(why) == "table" then
          problem(why.path or name, why.zh, why.en)
        else
          problem(name, name .. ":" .. tostring(why), name .. ": " .. tostring(why))
        end
      end
    end
  end
  if t.on ~= nil and type(t.on) ~= "table" then
    problem("on", "on 应为一张表", "on must be a table")
  else
    for kind, f in pairs(t.on or {}) do add(kind, f, "on." .. tostring(kind)) end
  end
  return out, problems
end

--- member.name
--- 规则名:字母、数字、点、横线,1 到 48 个字符;全县唯一
--- the policy's name: letters, digits, dots and dashes, 1 to 48 characters; one in the county

--- member.title
--- 人看的名称
--- what people call it
--> member: title = "两小时处置"

--- member.on
--- 听到哪种记录做什么:on = { ["incident.reported"] = function(e, view) … end }
--- what to do on hearing which entry: on = { ["incident.reported"] = function(e, view) ... end }

--- e.kind
--- 记录的种类,如 "incident.reported"
--- the entry's kind, such as "incident.reported"

--- e.at
--- 记录的时刻,1970 年以来的毫秒
--- when, in milliseconds since 1970

--- e.subject
--- 说的是谁,如事件编号
--- what it is about, such as an incident's id

--- e.org
--- 在哪个单位
--- the unit where

--- e.actor
--- 谁做的:用户名、"policy/…" 或 "system"
--- who did it: a user name, "policy/..." or "system"

--- view.now
--- 这条记录的时刻(毫秒),规则唯一的时钟
--- the time of the entry in milliseconds, the only clock a rule has
--> local hour = (view.now // hours(1) + 8) % 24 -- 北京时间
--> if hour >= 22 or hour < 6 then return comment(e.incident, "夜间上报") end

return finish
