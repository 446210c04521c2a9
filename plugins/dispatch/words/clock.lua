-- ---- clocks = { dispatch = { from = "reported", to = "dispatched", limit = minutes(5), warn = { 0.5, 0.8 } } }
-- With hours: limit = hours(4), calendar = "office"; limit = working_days(7), calendar = "office"; natural_days(15).

local milestones = { "occurred", "reported", "accepted", "dispatched", "handled", "verified", "closed" }
local members = { "from", "to", "limit", "warn", "calendar", "title", "grace", "pauses", "count_from", "when" }
local pausing = { "suspended", "returned" }

-- Limits in days. 工作日(要有日历)、自然日
function working_days(n) return { days = "working", n = n } end
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
  local limit = clock.limit
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
