-- ---- clocks = { dispatch = { from = "reported", to = "dispatched", limit = minutes(5), warn = { 0.5, 0.8 } } }
-- With hours: limit = hours(4), calendar = "office"; limit = working_days(7), calendar = "office"; natural_days(15).

local milestones = { "occurred", "reported", "accepted", "dispatched", "handled", "verified", "closed" }
local members = { "from", "to", "limit", "warn", "calendar", "title", "grace", "pauses", "count_from", "when",
  "limit_at" }
local pausing = { "suspended", "returned" }

--- 工作日;要有日历 calendar
--- working days; the clock needs a calendar
--> member: clocks = { answer = { from = "reported", to = "handled", limit = working_days(7), calendar = "office" } }
function working_days(n) return { days = "working", n = n } end
--- 自然日
--- natural days
--> member: clocks = { close = { from = "reported", to = "closed", limit = natural_days(15) } }
function natural_days(n) return { days = "natural", n = n } end

-- The entries with which an incident reaches a milestone. Sending somebody is also accepting; a clock that runs
-- already is not started again, so hearing a milestone twice is harmless.
local heard_on = {
  occurred = { "incident.reported" },
  reported = { "incident.reported" },
  accepted = { "incident.accepted", "incident.dispatched" },
  dispatched = { "incident.dispatched" },
  handled = { "incident.handled" },
  verified = { "incident.verified" },
}

local function rank(list, word)
  for at, known in ipairs(list) do
    if known == word then return at end
  end
end

-- The number of letters to change, add or leave out between two words.
local function distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local same = string.sub(a, i, i) == string.sub(b, j, j)
      local best = math.min(row[j] + 1, row[j - 1] + 1, diagonal + (same and 0 or 1))
      diagonal, row[j] = row[j], best
    end
  end
  return row[#b]
end

-- ",是不是 limit?" when a word is near, "" otherwise; in both languages.
local function meant(word, list)
  local near, least = nil, 3
  for _, known in ipairs(list) do
    local d = #word < 32 and distance(word, known) or 99
    if d < least then near, least = known, d end
  end
  if near then return ",是不是 '" .. near .. "'?", "; did you mean '" .. near .. "'?" end
  return "", ""
end

local function check_milestone(path, word)
  if type(word) ~= "string" then
    refuse(path, path .. ":应为节点名,如 \"reported\"", path .. ": expected a milestone such as \"reported\"")
  end
  local at = rank(milestones, word)
  if not at then
    local zh, en = meant(word, milestones)
    refuse(path, path .. ":没有节点 '" .. word .. "'" .. zh, path .. ": unknown milestone '" .. word .. "'" .. en)
  end
  return at
end

local function whole(n, least) return type(n) == "number" and n >= least and n == math.floor(n) end

-- The keys of `t` are all in `list`.
local function check_keys(path, t, list)
  for key in pairs(t) do
    if not rank(list, key) then
      local zh, en = meant(tostring(key), list)
      local at = path .. "." .. tostring(key)
      refuse(at, at .. ":不认识的项" .. zh, at .. ": unknown key" .. en)
    end
  end
end

local function check_limit(path, clock)
  local limit, at = clock.limit, path .. ".limit"
  if limit == nil then
    refuse(at, at .. ":缺少时限,如 minutes(5)", at .. ": missing, e.g. minutes(5)")
  end
  local calendar = clock.calendar
  if calendar ~= nil and (type(calendar) ~= "string" or #calendar == 0) then
    refuse(path .. ".calendar", path .. ".calendar:应为日历名,如 \"office\"", path .. ".calendar: expected a calendar's name, e.g. \"office\"")
  end
  if type(limit) == "table" and limit.days then
    if not whole(limit.n, 1) or limit.n > 1000 then
      refuse(at, at .. ":天数应为 1 到 1000 的整数", at .. ": days are a whole number from 1 to 1000")
    end
    if limit.days == "working" and (calendar == nil or calendar == "plain") then
      refuse(at, at .. ":工作日要有日历,如 calendar = \"office\"", at .. ": working days need a calendar, e.g. calendar = \"office\"")
    end
  elseif not whole(limit, 1) then
    refuse(at, at .. ":应为时长,如 minutes(5)", at .. ": expected a duration, e.g. minutes(5)")
  end
  local count = clock.count_from
  if count ~= nil and (type(limit) ~= "table" or (count ~= "now" and count ~= "next_day")) then
    refuse(path .. ".count_from", path .. ".count_from:应为 \"next_day\" 或 \"now\",只用于天数", path .. ".count_from: \"next_day\" or \"now\", for limits in days")
  end
end

-- "22:00" as minutes since midnight; nil when it is no time of day.
local function minute_of(text)
  if type(text) ~= "string" then return nil end
  local parts = string.split(text, ":")
  local h, m = math.tointeger(tonumber(parts[1])), math.tointeger(tonumber(parts[2] or ""))
  if #parts ~= 2 or not h or not m or h < 0 or h > 24 or m < 0 or m > 59 or h * 60 + m > 1440 then return nil end
  return h * 60 + m
end

local function check_limit_at(path, clock)
  local at = path .. ".limit_at"
  if clock.limit_at == nil then return end
  if type(clock.limit_at) ~= "table" or clock.limit_at[1] == nil then
    refuse(at, at .. ":应为列表,如 { { \"22:00\", \"06:00\", minutes(8) } }", at .. ": expected a list, e.g. { { \"22:00\", \"06:00\", minutes(8) } }")
  end
  for i, one in ipairs(clock.limit_at) do
    local item = at .. "[" .. i .. "]"
    local from, to = type(one) == "table" and minute_of(one[1]), type(one) == "table" and minute_of(one[2])
    if not from or not to or from == to then
      refuse(item, item .. ":应写起止时刻和时限,如 { \"22:00\", \"06:00\", minutes(8) }", item .. ": expected from, to and a limit, e.g. { \"22:00\", \"06:00\", minutes(8) }")
    end
    check_limit(item, { limit = one[3], calendar = clock.calendar })
  end
end

-- The limit of a clock that starts at this moment: Beijing time, the first stretch of limit_at that holds it.
local function limit_for(clock, e)
  if not clock.limit_at then return clock.limit end -- the time is not read where it does not matter: see the proof
  local now = (e.at // 60000 + 480) % 1440
  for _, one in ipairs(clock.limit_at) do
    local from, to = minute_of(one[1]), minute_of(one[2])
    if from < to and now >= from and now < to or from > to and (now >= from or now < to) then return one[3] end
  end
  return clock.limit
end

local function as_list(v) if type(v) == "table" then return v end return { v } end

local function check_options(path, clock)
  if clock.grace ~= nil and not whole(clock.grace, 0) then
    refuse(path .. ".grace", path .. ".grace:应为时长,如 hours(1)", path .. ".grace: expected a duration, e.g. hours(1)")
  end
  if clock.pauses ~= nil and type(clock.pauses) ~= "table" then
    refuse(path .. ".pauses", path .. ".pauses:应为列表,如 { \"suspended\" }", path .. ".pauses: expected a list, e.g. { \"suspended\" }")
  end
  for _, state in ipairs(clock.pauses or {}) do
    if not rank(pausing, state) then
      local zh, en = meant(tostring(state), pausing)
      refuse(path .. ".pauses", path .. ".pauses:只有 suspended 与 returned" .. zh, path .. ".pauses: suspended and returned" .. en)
    end
  end
  local when = clock.when
  if when == nil then return end
  if type(when) ~= "table" then
    refuse(path .. ".when", path .. ".when:应为一张表,如 { category = \"fire\" }", path .. ".when: expected a table, e.g. { category = \"fire\" }")
  end
  check_keys(path .. ".when", when, { "category", "level" })
  for key, wanted in pairs(when) do
    for _, one in ipairs(as_list(wanted)) do
      if type(one) ~= (key == "level" and "number" or "string") then
        refuse(path .. ".when." .. key, path .. ".when." .. key .. ":类别是文字,级别是数", path .. ".when." .. key .. ": categories are text, levels are numbers")
      end
    end
  end
end

-- Is it for this incident? when = { category = { "a", "b" }, level = 1 }
local function concerns(when, incident)
  for key, wanted in pairs(when or {}) do
    if not rank(as_list(wanted), incident[key]) then return false end
  end
  return true
end

local function start_params(p, name, clock, e)
  local limit = limit_for(clock, e)
  local params = {
    incident = e.incident.id, policy = p.name, name = name, from = clock.from, to = clock.to,
    calendar = clock.calendar, title = clock.title, grace_ms = clock.grace, count_from = clock.count_from,
  }
  if type(limit) == "table" then params.limit_days, params.days = limit.n, limit.days else params.limit_ms = limit end
  if clock.warn and #clock.warn > 0 then params.warn = clock.warn end
  if clock.pauses then
    params.pauses = list({})
    for _, state in ipairs(clock.pauses) do table.insert(params.pauses, state) end
  end
  return params
end

local function check_clock(path, name, clock)
  if type(name) ~= "string" or #name > 32 then
    refuse(path, path .. ":时钟要有不超过 32 个字符的名字", path .. ": a clock has a name of at most 32 characters")
  end
  if type(clock) ~= "table" then refuse(path, path .. ":应为一张表", path .. ": expected a table") end
  check_keys(path, clock, members)
  local from, to = check_milestone(path .. ".from", clock.from), check_milestone(path .. ".to", clock.to)
  if to <= from then
    refuse(path .. ".to", path .. ".to:终点应在起点之后", path .. ".to: must come after 'from'")
  end
  check_limit(path, clock)
  check_limit_at(path, clock)
  check_options(path, clock)
  if clock.title ~= nil and (type(clock.title) ~= "string" or #clock.title == 0 or #clock.title > 60) then
    refuse(path .. ".title", path .. ".title:应为不超过 20 个字的名称", path .. ".title: expected a name of at most 20 characters")
  end
  local last = 0
  if clock.warn ~= nil and type(clock.warn) ~= "table" then
    refuse(path .. ".warn", path .. ".warn:应为列表,如 { 0.5, 0.8 }", path .. ".warn: expected a list, e.g. { 0.5, 0.8 }")
  end
  for _, share in ipairs(clock.warn or {}) do
    if type(share) ~= "number" or share <= last or share >= 1 then
      refuse(path .. ".warn", path .. ".warn:应为 0 与 1 之间递增的数", path .. ".warn: numbers between 0 and 1, rising")
    end
    last = share
  end
end

--- 时钟:从节点 from 到节点 to,限时 limit;节点有 occurred reported accepted dispatched handled verified closed
--- clocks: from milestone to milestone within a limit; milestones: occurred reported accepted dispatched handled verified closed
--> clocks = { dispatch = { from = "reported", to = "dispatched", limit = minutes(5), warn = { 0.5, 0.8 } } }
function clauses.clocks(p, on)
  if type(p.clocks) ~= "table" then refuse("clocks", "clocks 应为一张表", "clocks: expected a table") end
  for name, clock in pairs(p.clocks) do
    check_clock("clocks." .. tostring(name), name, clock)
    local function start(e)
      -- a failed verification is heard as incident.verified too
      if e.kind == "incident.verified" and not e.pass then return nil end
      if not concerns(clock.when, e.incident) then return nil end
      return command("clock.start", start_params(p, name, clock, e))
    end
    for _, kind in ipairs(heard_on[clock.from]) do on(kind, start) end
  end
end

--- clocks.from
--- 从哪个节点起算
--- the milestone it starts from
--> clocks = { detect = { from = "occurred", to = "reported", limit = minutes(30) } }

--- clocks.to
--- 到哪个节点为止
--- the milestone it runs to
--> clocks = { verify = { from = "handled", to = "verified", limit = hours(24) } }

--- clocks.limit
--- 时限:minutes(30)、hours(4)、working_days(7)、natural_days(15);有 calendar 时按工作时间计
--- the limit: minutes(30), hours(4), working_days(7), natural_days(15); in working time when there is a calendar
--> clocks = { handle = { from = "reported", to = "handled", limit = hours(2) } }

--- clocks.limit_at
--- 一天里某些时段另有时限:{ "22:00", "06:00", minutes(8) },按起算的时刻(北京时间)
--- other limits for stretches of the day, by when the clock starts (Beijing time)
--> clocks = { dispatch = { from = "reported", to = "dispatched", limit = minutes(5), limit_at = { { "22:00", "06:00", minutes(8) } } } }

--- clocks.warn
--- 走到时限的几成时提醒(clock.warned)
--- the shares of the limit to warn at (clock.warned)
--> clocks = { handle = { from = "reported", to = "handled", limit = hours(2), warn = { 0.5, 0.8 } } }

--- clocks.calendar
--- 按哪个日历计时,如 "office"(calendar.set)
--- the calendar it counts by, such as "office" (calendar.set)
--> clocks = { handle = { from = "reported", to = "handled", limit = hours(4), calendar = "office" } }

--- clocks.grace
--- 到时先 clock.overdue,再过这么久才 clock.breached
--- at the limit clock.overdue, this much later clock.breached
--> clocks = { handle = { from = "reported", to = "handled", limit = hours(2), grace = minutes(30) } }

--- clocks.pauses
--- 事件处于哪些状态时停走;不写即 suspended 与 returned
--- the states in which it stands still; suspended and returned when left out
--> clocks = { handle = { from = "reported", to = "handled", limit = hours(2), pauses = { "suspended" } } }

--- clocks.count_from
--- 按天计时从何时起:"next_day" 次日,"now" 到那一天的同一时刻
--- where a limit in days counts from: "next_day", or "now" for the same time of day
--> clocks = { close = { from = "reported", to = "closed", limit = natural_days(3), count_from = "now" } }

--- clocks.when
--- 只管哪些事件:category、level,可各写一个或一列
--- only for such incidents: category, level, one or a list of each
--> clocks = { fire = { from = "reported", to = "handled", limit = hours(1), when = { category = "fire", level = { 1, 2 } } } }

--- clocks.title
--- 页面上的名称
--- what people call it
--> clocks = { handle = { from = "reported", to = "handled", limit = hours(2), title = "两小时处置" } }

--- view.clocks
--> for _, clock in ipairs(view.clocks(e.incident)) do
-->   if clock.state == "breached" then return urge(e.incident, clock.name .. "已超时") end
--> end
