-- The words of scenarios. A scenario is a story about a small county on one day (times are Beijing time):
--
--   scenario "五分钟未派单,镇里接手"
--   busy { "officer-1", "officer-2", "officer-3" }
--   at "08:00" { report { as = "officer-1", category = "fire", grid = "g1", title = "山边冒烟" } }
--   at "08:05" { expect { owner = "township", clock = { dispatch = "breached" } } }
--
-- Steps: report accept decline arrive feedback finish check_in (an officer's), take dispatch verify close escalate (a desk's),
-- extend ask_suspend (those at work), grant refuse_request (the latest open request), rate (the reporter),
-- call { "method", as = "user", params } for anything else, shows { "query", as = "user", is = { ["a.b"] = 1 } },
-- refused { step, code = "..." }, expect { ... }.
-- day "2026-02-13", on a line of its own, chooses the day (else Monday 2026-03-02); times may be of that day, of a later one
-- ("+3 08:00") or of a date ("2026-02-24 09:30").
-- Between steps: off_duty{...}, on_duty{...}, busy{...}, nobody_at "unit", restart "09:00" (the server was off until then),
-- unit { id =, parent =, kind =, name = }, user { name =, display =, roles =, org = } (and on duty), setup { "method", params }.
local inner = ...

-- ---- the county -----------------------------------------------------------------------------------------------

local units = {
  { id = "county", kind = "county", name = "示例县", lon = 110.57, lat = 27.06 },
  { id = "t1", parent = "county", kind = "township", name = "一镇", lon = 110.50, lat = 27.00 },
  { id = "t2", parent = "county", kind = "township", name = "二乡", lon = 110.70, lat = 27.20 },
  { id = "v1", parent = "t1", kind = "village", name = "一村", lon = 110.50, lat = 27.00 },
  { id = "v2", parent = "t2", kind = "village", name = "二村", lon = 110.70, lat = 27.20 },
  { id = "g1", parent = "v1", kind = "grid", name = "一村一网格", lon = 110.500, lat = 27.000 },
  { id = "g2", parent = "v1", kind = "grid", name = "一村二网格", lon = 110.510, lat = 27.010 },
  { id = "g3", parent = "v2", kind = "grid", name = "二村一网格", lon = 110.700, lat = 27.200 },
  { id = "d1", parent = "county", kind = "department", name = "应急管理局", lon = 110.57, lat = 27.06 },
  { id = "d2", parent = "county", kind = "department", name = "城市管理局", lon = 110.57, lat = 27.06 },
  { id = "d3", parent = "county", kind = "department", name = "司法局", lon = 110.57, lat = 27.06 },
}
local users = {
  { name = "dispatcher", display = "调度员", roles = { "dispatcher" }, org = "county" },
  { name = "commander", display = "指挥长", roles = { "commander" }, org = "county" },
  { name = "director-t1", display = "一镇主任", roles = { "director" }, org = "t1" },
  { name = "director-t2", display = "二乡主任", roles = { "director" }, org = "t2" },
  { name = "department-01", display = "应急局值班", roles = { "department" }, org = "d1" },
  { name = "department-02", display = "城管局值班", roles = { "department" }, org = "d2" },
  { name = "department-03", display = "司法局值班", roles = { "department" }, org = "d3" },
  { name = "officer-1", display = "张三", roles = { "officer" }, org = "g1", skills = { "fire" } },
  { name = "officer-2", display = "李四", roles = { "officer" }, org = "g2", skills = { "dispute" } },
  { name = "officer-3", display = "王五", roles = { "officer" }, org = "g3", skills = { "fire" } },
}
local by_name = {}
for _, u in ipairs(users) do by_name[u.name] = u end

local function say(line, zh, en) inner.wrong(line, zh, en or zh) end
local same -- says what was expected and what is

local function must(method, params)
  local result, e = inner.call(nil, method, params)
  if not result then error(method .. ": " .. e.en, 0) end
  return result
end

local seeded = false
local function seed()
  if seeded then return end
  seeded = true
  must("org.import", { units = units })
  for _, u in ipairs(users) do
    must("user.add", { name = u.name, display = u.display, roles = u.roles, org = u.org })
    if u.skills then
      must("officer.set", { user = u.name, skills = u.skills, grid = u.org })
      must("duty.start", { user = u.name })
    end
  end
end

-- ---- time -----------------------------------------------------------------------------------------------------

-- "08:05", "08:05:30", "+1 08:05" for the next day, or "2026-02-24 08:05"
local function moment(text)
  local days, clock, day = 0, text, inner.day
  if string.contains(text, " ") then
    local parts = string.split(text, " ")
    clock = parts[2]
    if string.starts_with(text, "+") then
      days = tonumber(string.sub(parts[1], 2))
    else
      day = inner.midnight(parts[1])
    end
  end
  local parts = string.split(clock, ":")
  local h, m, s = tonumber(parts[1]), tonumber(parts[2] or ""), tonumber(parts[3] or "0")
  if not days or day < 0 or not h or not m or not s then error("时间应写成 \"08:05\"(a time such as \"08:05\"), not '" .. text .. "'", 3) end
  return day + math.tointeger(((days * 24 + h) * 3600 + m * 60 + s) * 1000)
end

function seconds(n) return math.floor(n * 1000) end
function minutes(n) return math.floor(n * 60000) end
function hours(n) return math.floor(n * 3600000) end
function days(n) return math.floor(n * 86400000) end

function scenario(title)
  inner.title(title)
end

-- The server reads it from the text before the story begins.
function day(date)
  if inner.midnight(date) ~= inner.day then
    error("day 要单独成行,写成 day \"2026-02-13\",全篇一次 (once, on a line of its own)", 2)
  end
end

local function play(steps)
  for _, step in ipairs(steps) do
    if type(step) ~= "table" or not step.run then error("at 里应是步骤,如 report { … }(steps such as report { ... })", 3) end
    step.run()
  end
end

function at(text)
  local ms = moment(text)
  return function(steps)
    seed()
    inner.run_until(ms)
    play(steps)
  end
end

-- The server was off; at this time it comes back and finds what is overdue.
function restart(text)
  seed()
  inner.jump(moment(text))
end

-- ---- steps ----------------------------------------------------------------------------------------------------

local incidents = {}

local function actor(name, line)
  if name == nil then return nil end
  local u = by_name[name]
  if not u then error("没有用户 " .. tostring(name) .. " (no such user)", 3) end
  return u
end

local function step(f)
  local line = inner.line()
  return { line = line, run = function() return f(line) end }
end

-- Runs the method; when it is refused, that is wrong, unless somebody expects it.
local expecting_refusal, last_refusal = false, nil
local function try(line, who, method, params)
  local result, e = inner.call(who, method, params)
  if result then return result end
  last_refusal = e
  if not expecting_refusal then say(line, method .. " 被拒绝:" .. e.zh, method .. " was refused: " .. e.en .. " " .. e.path) end
end

local function incident_of(t) return incidents[t.incident or #incidents] end

-- The user's task of the incident: the one that is open, else his last.
local function task_of(t, user)
  local i = inner.call(nil, "incident.get", { id = incident_of(t) })
  local last
  for _, task in ipairs(i and i.tasks or {}) do
    local to = task.to or {}
    if to.user == user or to.unit == by_name[user].org then
      if task.state ~= "declined" and task.state ~= "expired" and task.state ~= "recalled" then
        last = task.id
        if task.state ~= "finished" then return task.id end
      end
    end
  end
  return last
end

local function rest(t, ...)
  local out = {}
  for k, v in pairs(t) do out[k] = v end
  for i = 1, select("#", ...) do out[select(i, ...)] = nil end
  return out
end

function report(t)
  return step(function(line)
    local params = rest(t, "as", "occurred")
    if t.occurred then params.occurred_at = inner.time(moment(t.occurred)) end
    if not t.grid and not t.place and t.as then params.grid = by_name[t.as] and by_name[t.as].org end
    params.title = params.title or "事件"
    params.category = params.category or "other"
    local result = try(line, actor(t.as or "officer-1"), "incident.report", params)
    if result then table.insert(incidents, result.id) end
  end)
end

local function task_step(method)
  return function(t)
    return step(function(line)
      local user = t.as or t.by
      if not actor(user) then error("要写明谁:as = \"officer-1\" (say who)", 2) end
      local id = task_of(t, user)
      if not id then
        last_refusal = { code = "task.none" }
        if not expecting_refusal then say(line, user .. " 没有这件事的任务", user .. " has no task of this incident") end
        return
      end
      local params = rest(t, "as", "by", "incident")
      params.id = id
      try(line, actor(user), method, params)
    end)
  end
end
accept = task_step("task.accept")
decline = task_step("task.decline")
arrive = task_step("task.arrive")
finish = task_step("task.finish")
check_in = task_step("task.check_in")
local feedback_step = task_step("task.feedback")
function feedback(t)
  t.text = t.text or "已处置"
  return feedback_step(t)
end

local function desk_step(method)
  return function(t)
    return step(function(line)
      local params = rest(t, "as", "incident")
      params.id = incident_of(t)
      if type(params.to) == "string" and method == "incident.dispatch" then params.to = { { user = params.to } } end
      if t.till then params["until"], params.till = inner.time(moment(t.till)), nil end
      try(line, actor(t.as or "dispatcher"), method, params)
    end)
  end
end
take = desk_step("incident.accept")
dispatch = desk_step("incident.dispatch")
verify = desk_step("incident.verify")
close = desk_step("incident.close")
escalate = desk_step("incident.escalate")
comment = desk_step("incident.comment")
suspend = desk_step("incident.suspend")
resume = desk_step("incident.resume")
local split_step = desk_step("incident.split")
-- merge { incident = 2, into = 1 }: the second reported into the first
function merge(t)
  return step(function(line)
    local params = rest(t, "as", "incident")
    params.id, params.into = incident_of(t), incidents[t.into]
    try(line, actor(t.as or "dispatcher"), "incident.merge", params)
  end)
end
function split_off(t)
  t.reason = t.reason or "不是同一件事"
  return split_step(t)
end
transfer = desk_step("incident.transfer")
send_down = desk_step("incident.send_down")
return_to_reporter = desk_step("incident.return")
extend = desk_step("incident.extend")
ask_suspend = desk_step("incident.ask_suspend")
rate = desk_step("incident.rate")

-- Answers the latest open request of the incident.
local function answer_step(method)
  return function(t)
    return step(function(line)
      local i = inner.call(nil, "incident.get", { id = incident_of(t) })
      local open = i and i.requests or {}
      local params = rest(t, "as", "incident")
      params.id = #open > 0 and open[#open].id or "r0"
      try(line, actor(t.as or "dispatcher"), method, params)
    end)
  end
end
grant = answer_step("request.grant")
refuse_request = answer_step("request.refuse")

-- What an incident has of its own besides tasks: whistle.* and mediation.* are about its latest.
local latest = { whistle = "whistles", mediation = "mediations" }

local function id_for(method, t)
  local list = latest[string.split(method, ".")[1]]
  if not list then return incident_of(t) end
  local i = inner.call(nil, "incident.get", { id = incident_of(t) })
  local all = i and i[list] or {}
  return all[#all] and all[#all].id or error("这件事没有 " .. list .. " (the incident has none)", 0)
end

-- params.id = true stands for the incident, with whistle.* and mediation.* for its latest whistle or mediation;
-- params.id = "last e" for the last thing made by a call whose id begins with that letter
local made = {}
local function filled(t)
  local params = rest(t.params or {})
  if t.task then params.id = task_of(t, t.task) end
  if params.id == true then params.id = id_for(t[1], t) end
  if params.incident == true then params.incident = incident_of(t) end
  if type(params.id) == "string" and string.starts_with(params.id, "last ") then params.id = made[string.sub(params.id, 6)] end
  return params
end

-- call { "clock.pause", as = "dispatcher", params = { name = "resolve" } }
-- call { ..., task = "officer-1" } for his task of it
function call(t)
  return step(function(line)
    local result = try(line, actor(t.as), t[1], filled(t))
    if result and type(result.id) == "string" then made[string.sub(result.id, 1, 1)] = result.id end
  end)
end

-- shows { "emergency.board", as = "commander", params = { id = "last e" }, is = { ["calls.silent"] = 1 } }
function shows(t)
  return step(function(line)
    local result = try(line, actor(t.as), t[1], filled(t))
    for path, wanted in pairs(result and t.is or {}) do
      local at = result
      for _, name in ipairs(string.split(path, ".")) do
        if type(at) == "table" then at = at[tonumber(name) or name] end
      end
      same(line, t[1] .. " " .. path, wanted, at)
    end
  end)
end

-- refused { accept { as = "officer-2" }, code = "..." }
function refused(t)
  return step(function(line)
    expecting_refusal, last_refusal = true, nil
    t[1].run()
    expecting_refusal = false
    if not last_refusal then
      say(line, "应被拒绝,却成功了", "should have been refused, but was not")
    elseif t.code and last_refusal.code ~= t.code then
      say(line, "应以 " .. t.code .. " 拒绝,实际 " .. last_refusal.code, "expected refusal " .. t.code .. ", got " .. last_refusal.code)
    end
  end)
end

local function each_name(names, f)
  seed()
  if type(names) == "string" then names = { names } end
  for _, name in ipairs(names) do f(name) end
end
function off_duty(names) each_name(names, function(n) must("duty.end", { user = actor(n).name }) end) end
function on_duty(names) each_name(names, function(n) must("duty.start", { user = actor(n).name }) end) end

-- More of the county than it begins with.
function unit(u)
  seed()
  must("org.import", { units = { u } })
end
function user(u)
  seed()
  must("user.add", u)
  must("duty.start", { user = u.name })
  by_name[u.name] = u
end

-- setup { "binding.set", { kind = "grid_head", holder = "officer-1", subject = "g1" } }
function setup(t)
  seed()
  must(t[1], t[2] or {})
end

-- Each has as much to do as he can take: on duty, but not to be sent.
function busy(names)
  each_name(names, function(name)
    local u = actor(name)
    must("officer.set", { user = name, skills = u.skills, grid = u.org, capacity = 1 })
    local id = must("incident.report", { category = "other", title = "在办的事", grid = u.org }).id
    local mine
    local function find()
      for _, task in ipairs(must("incident.get", { id = id }).tasks) do
        if (task.to or {}).user == name then mine = task.id end
      end
    end
    find()
    if not mine then
      must("incident.dispatch", { id = id, to = { { user = name } } })
      find()
    end
    local _, e = inner.call(u, "task.accept", { id = mine })
    if e then error("task.accept: " .. e.en, 0) end
  end)
end

-- Everybody of the unit leaves: an empty rung.
function nobody_at(unit)
  seed()
  for _, u in ipairs(users) do
    if u.org == unit then must("duty.end", { user = u.name }) end
  end
end

-- ---- expectations ---------------------------------------------------------------------------------------------

local function show(v)
  if type(v) ~= "table" then return tostring(v) end
  local parts = {}
  for k, x in pairs(v) do table.insert(parts, (type(k) == "number" and "" or k .. "=") .. show(x)) end
  return "{" .. table.concat(parts, ", ") .. "}"
end

function same(line, what, wanted, got)
  if wanted ~= got then
    say(line, what .. " 应为 " .. show(wanted) .. ",实际 " .. show(got), what .. ": expected " .. show(wanted) .. ", got " .. show(got))
  end
end

local function entries_of(id, user)
  local result = inner.call(user, "journal.timeline", { subject = id, limit = 1000 })
  return result and result.entries or {}
end

local function matching(entries, kind, data)
  local found = {}
  for _, e in ipairs(entries) do
    local fits = e.kind == kind
    for k, v in pairs(data or {}) do fits = fits and e.data[k] == v end
    if fits then table.insert(found, e) end
  end
  return found
end

local function as_list(v) if type(v) == "table" and v[1] ~= nil then return v end return { v } end

local checks = {}
function checks.state(line, wanted, i) same(line, "state", wanted, i.state) end
function checks.level(line, wanted, i) same(line, "level", wanted, i.level) end
function checks.card(line, wanted, i) same(line, "card", wanted, i.card or false) end
-- owner = "township" (the rung) or "t1" (the unit)
function checks.owner(line, wanted, i)
  local owner = i.owner or {}
  if owner.level ~= wanted and owner.org ~= wanted then
    say(line, "owner 应为 " .. wanted .. ",实际 " .. show(owner), "owner: expected " .. wanted .. ", got " .. show(owner))
  end
end
-- asked = "officer-1": whose answer the ladder waits for; = false: it does not climb
function checks.asked(line, wanted, i) same(line, "asked", wanted, i.climb and i.climb.asked or false) end
-- whistle = "gathered", or { state = "gathered", d1 = "here", d2 = "absent" }; mediation = "settled"
function checks.whistle(line, wanted, i)
  local all = i.whistles or {}
  local got = all[#all] or {}
  if type(wanted) ~= "table" then return same(line, "whistle", wanted, got.state or false) end
  for key, value in pairs(wanted) do
    local found = key == "state" and got.state or false
    for _, unit in ipairs(got.units or {}) do if unit.unit == key then found = unit.state end end
    same(line, "whistle." .. key, value, found)
  end
end
function checks.mediation(line, wanted, i)
  local all = i.mediations or {}
  same(line, "mediation", wanted, all[#all] and all[#all].state or false)
end
function checks.tasks(line, wanted, i) same(line, "tasks", wanted, #(i.tasks or {})) end
-- task = { to = "officer-1", state = "accepted", role = "lead" }; task = false: none
function checks.task(line, wanted, i)
  if not wanted then return same(line, "tasks", 0, #(i.tasks or {})) end
  for _, task in ipairs(i.tasks or {}) do
    if not wanted.to or (task.to or {}).user == wanted.to or (task.to or {}).unit == wanted.to then
      if wanted.state then same(line, "task.state", wanted.state, task.state) end
      if wanted.role then same(line, "task.role", wanted.role, task.role) end
      return
    end
  end
  say(line, "没有派给 " .. show(wanted.to) .. " 的任务", "no task for " .. show(wanted.to))
end
-- clock = { dispatch = "breached" }; = false: there is no such clock
function checks.clock(line, wanted, i)
  for name, state in pairs(wanted) do
    local got = false
    for _, c in ipairs(i.clocks or {}) do if c.name == name then got = c.state end end
    same(line, "clock." .. name, state, got)
  end
end
-- due = { dispatch = "2026-03-03 17:30" }, a time as in `at`
function checks.due(line, wanted, i)
  for name, time in pairs(wanted) do
    local got = false
    for _, c in ipairs(i.clocks or {}) do if c.name == name then got = c.due_at end end
    same(line, "due." .. name, inner.time(moment(time)), got)
  end
end
function checks.rating(line, wanted, i) same(line, "rating", wanted, i.rating and i.rating.score or false) end
-- heard = { ["director-t1"] = "incident.escalated" }, or a list of kinds
function checks.heard(line, wanted, i)
  for user, kinds in pairs(wanted) do
    local entries = entries_of(i.id, actor(user))
    for _, kind in ipairs(as_list(kinds)) do
      if #matching(entries, kind) == 0 then
        say(line, user .. " 没有听到 " .. kind, user .. " has not heard " .. kind)
      end
    end
  end
end
function checks.not_heard(line, wanted, i)
  for user, kinds in pairs(wanted) do
    local entries = entries_of(i.id, actor(user))
    for _, kind in ipairs(as_list(kinds)) do
      if #matching(entries, kind) > 0 then say(line, user .. " 不应听到 " .. kind, user .. " should not have heard " .. kind) end
    end
  end
end
-- entry = "incident.escalated", or { "clock.breached", count = 1, clock = "dispatch", late_ms = minutes(20) }
function checks.entry(line, wanted, i)
  local kind, count, data = wanted, nil, {}
  if type(wanted) == "table" then
    kind, count, data = wanted[1], wanted.count, rest(wanted, 1, "count")
  end
  local all = entries_of(i.id)
  local found = #matching(all, kind, data)
  if (count and found ~= count) or (not count and found == 0) then
    local near = {}
    for _, e in ipairs(matching(all, kind)) do table.insert(near, show(e.data)) end
    local what = kind .. " " .. show(data)
    say(line, what .. " 应有 " .. (count or "至少 1") .. " 条,实际 " .. found .. " 条 " .. table.concat(near, "; "),
      what .. ": expected " .. (count or "at least 1") .. ", got " .. found)
  end
end
function checks.no_entry(line, wanted, i)
  for _, kind in ipairs(as_list(wanted)) do
    local found = matching(entries_of(i.id), kind)
    if #found > 0 then say(line, "不应有 " .. kind .. ":" .. show(found[1].data), "there should be no " .. kind .. ": " .. show(found[1].data)) end
  end
end

local words = { "incident", "entries" }
for name in pairs(checks) do table.insert(words, name) end

function expect(t)
  local line = inner.line()
  for key in pairs(t) do
    local known = false
    for _, word in ipairs(words) do known = known or word == key end
    if not known then
      local near = inner.suggest(tostring(key), words)
      error("expect 不认识 " .. tostring(key) .. (near and ",是不是 " .. near .. "?" or "") .. " (unknown member)", 2)
    end
  end
  return { line = line, run = function()
    local id = incident_of(t)
    local i = id and inner.call(nil, "incident.get", { id = id })
    if not i then return say(line, "没有这件事", "there is no such incident") end
    for key, wanted in pairs(t) do
      if checks[key] then checks[key](line, wanted, i) end
    end
    for _, wanted in ipairs(t.entries or {}) do checks.entry(line, wanted, i) end
  end }
end
