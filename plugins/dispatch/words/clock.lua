-- ---- clocks = { dispatch = { from = "reported", to = "dispatched", limit = minutes(5), warn = { 0.5, 0.8 } } }

local milestones = { "occurred", "reported", "accepted", "dispatched", "handled", "verified", "closed" }
local members = { "from", "to", "limit", "warn", "calendar", "title" }

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

local function check_clock(path, name, clock)
  if type(name) ~= "string" or #name > 32 then
    refuse(path, path .. ":时钟要有不超过 32 个字符的名字", path .. ": a clock has a name of at most 32 characters")
  end
  if type(clock) ~= "table" then refuse(path, path .. ":应为一张表", path .. ": expected a table") end
  for key in pairs(clock) do
    if not rank(members, key) then
      local zh, en = meant(tostring(key), members)
      local at = path .. "." .. tostring(key)
      refuse(at, at .. ":不认识的项" .. zh, at .. ": unknown key" .. en)
    end
  end
  local from, to = check_milestone(path .. ".from", clock.from), check_milestone(path .. ".to", clock.to)
  if to <= from then
    refuse(path .. ".to", path .. ".to:终点应在起点之后", path .. ".to: must come after 'from'")
  end
  local limit = clock.limit
  if limit == nil then
    refuse(path .. ".limit", path .. ".limit:缺少时限,如 minutes(5)", path .. ".limit: missing, e.g. minutes(5)")
  end
  if type(limit) ~= "number" or limit < 1 or limit ~= math.floor(limit) then
    refuse(path .. ".limit", path .. ".limit:应为时长,如 minutes(5)", path .. ".limit: expected a duration, e.g. minutes(5)")
  end
  if clock.calendar ~= nil and clock.calendar ~= "plain" then
    refuse(path .. ".calendar", path .. ".calendar:目前只有 \"plain\"", path .. ".calendar: only \"plain\" is known")
  end
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
      local params = {
        incident = e.incident.id, policy = p.name, name = name, from = clock.from, to = clock.to,
        limit_ms = clock.limit, calendar = clock.calendar, title = clock.title,
      }
      if clock.warn and #clock.warn > 0 then params.warn = clock.warn end
      return command("clock.start", params)
    end
    for _, kind in ipairs(heard_on[clock.from]) do on(kind, start) end
  end
end
