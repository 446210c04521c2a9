-- What the sandbox gives from Lua itself, documented for policy.api; never run. The list itself is sandbox.c's: a test
-- compares the two. The form is described in core/policy/api.h.

--- assert(v[, message])
--- v 为假时出错
--- fails when v is false
--> assert(type(e.incident.level) == "number", "没有级别")

--- error(message)
--- 出错:这次决定作废,按默认规则处理
--- fails: the decision counts for nothing and the default decides
--> if not e.incident then error("没有事件") end

--- ipairs(list)
--- 按 1、2、3 … 走一个列表
--- walks a list by 1, 2, 3 ...
--> for i, task in ipairs(view.tasks(e.incident)) do
-->   if i > 1 then return comment(e.incident, "多人处置") end
--> end

--- next(table[, key])
--- 表里的下一项;next(t) == nil 表示空表
--- the next member; next(t) == nil: the table is empty
--> if next(view.tasks(e.incident)) == nil then return comment(e.incident, "还没有人") end

--- pairs(table)
--- 按键的顺序走一张表
--- walks a table in the order of its keys
--> local names = {}
--> for key in pairs({ fire = 1, flood = 2 }) do table.insert(names, key) end
--> return comment(e.incident, table.concat(names, "、"))

--- pcall(f, ...)
--- 调用 f,出错也不中断:返回 false 和原因
--- calls f without failing: false and the reason
--> local ok, owner = pcall(view.owner, e.incident)
--> if ok and owner then return comment(e.incident, owner.name) end

--- select(n, ...)
--- 第 n 个起的参数;"#" 是个数
--- arguments from the n-th on; "#" counts them
--> local function count(...) return select("#", ...) end
--> return comment(e.incident, "共 " .. count(1, 2, 3))

--- tonumber(v[, base])
--- 变成数;不是数则 nil
--- to a number; nil when it is none
--> if (tonumber(e.incident.level) or 4) <= 2 then return urge(e.incident, "重要") end

--- tostring(v)
--- 变成文字
--- to text
--> return comment(e.incident, "级别 " .. tostring(e.incident.level))

--- type(v)
--- 类型名:"nil"、"number"、"string"、"table" …
--- the type's name
--> if type(e.incident.text) == "string" then return comment(e.incident, "有描述") end

--- math.abs(x)
--- 绝对值
--- absolute value
--> return comment(e.incident, "差 " .. math.abs(-3))

--- math.ceil(x)
--- 向上取整
--- rounds up
--> return comment(e.incident, "约 " .. math.ceil(2.1) .. " 人")

--- math.floor(x)
--- 向下取整
--- rounds down
--> local hour = math.floor(view.now / hours(1) + 8) % 24
--> if hour < 6 then return comment(e.incident, "凌晨") end

--- math.fmod(x, y)
--- 余数
--- remainder
--> return comment(e.incident, "余 " .. math.fmod(7, 3))

--- math.huge
--- 无穷大
--- infinity
--> local least = math.huge
--> for _, c in ipairs(view.candidates(e.incident, 3)) do least = math.min(least, c.distance_m or least) end
--> if least < 1000 then return comment(e.incident, "一公里内有人") end

--- math.max(...)
--- 最大
--- the largest
--> return comment(e.incident, "最大 " .. math.max(1, e.incident.level))

--- math.min(...)
--- 最小
--- the smallest
--> return comment(e.incident, "最小 " .. math.min(1, e.incident.level))

--- math.maxinteger
--- 最大的整数
--- the largest integer
--> assert(view.now < math.maxinteger)

--- math.mininteger
--- 最小的整数
--- the smallest integer
--> assert(view.now > math.mininteger)

--- math.modf(x)
--- 整数部分和小数部分
--- whole and fractional part
--> local whole = math.modf(3.7)
--> return comment(e.incident, "整 " .. whole)

--- math.pi
--- 圆周率
--- pi
--> assert(math.pi > 3)

--- math.sqrt(x)
--- 平方根
--- square root
--> return comment(e.incident, "半径 " .. math.floor(math.sqrt(90000)) .. " 米")

--- math.tointeger(x)
--- 变成整数;不是整数则 nil
--- to an integer; nil when it is none
--> return comment(e.incident, "第 " .. math.tointeger(3.0) .. " 号")

--- math.type(x)
--- "integer"、"float" 或 nil
--- "integer", "float" or nil
--> assert(math.type(e.incident.level) == "integer")

--- math.ult(m, n)
--- 按无符号整数比较
--- compares as unsigned integers
--> assert(math.ult(1, 2))

--- string.byte(s[, i])
--- 第 i 个字节
--- the i-th byte
--> assert(string.byte("A") == 65)

--- string.char(...)
--- 由字节成文字
--- text of bytes
--> assert(string.char(65) == "A")

--- string.contains(s, part)
--- s 里有没有 part
--- is part in s?
--> if string.contains(e.incident.title, "烟") then return urge(e.incident, "疑似火情") end

--- string.format(form, ...)
--- 按格式成文字
--- text by a format
--> return comment(e.incident, string.format("%d 级", e.incident.level))

--- string.len(s)
--- 字节数;#s 也是
--- bytes; also #s
--> if string.len(e.incident.title) < 6 then return comment(e.incident, "标题过短") end

--- string.lower(s)
--- 小写
--- lower case
--> if string.lower(e.incident.category) == "fire" then return urge(e.incident, "火情") end

--- string.upper(s)
--- 大写
--- upper case
--> return comment(e.incident, string.upper(e.incident.category))

--- string.rep(s, n[, gap])
--- 重复 n 次
--- n times
--> return comment(e.incident, string.rep("!", 3))

--- string.split(s, gap)
--- 按 gap 切开成列表
--- cuts at gap into a list
--> local parts = string.split(e.incident.org, "-")
--> return comment(e.incident, "村代码 " .. parts[1])

--- string.starts_with(s, part)
--- s 是不是以 part 开头
--- does s begin with part?
--> if string.starts_with(e.incident.org, "4305") then return comment(e.incident, "邵阳市") end

--- string.sub(s, i[, j])
--- 第 i 到第 j 个字节
--- bytes i to j
--> return comment(e.incident, "县代码 " .. string.sub(e.incident.org, 1, 6))

--- table.concat(list[, gap])
--- 连成文字
--- joins to text
--> return comment(e.incident, table.concat({ "甲", "乙" }, "、"))

--- table.insert(list[, at], v)
--- 添一项
--- adds a member
--> local all = {}
--> table.insert(all, urge(e.incident, "请尽快"))
--> return all

--- table.remove(list[, at])
--- 取走一项
--- takes a member out
--> local all = { "甲", "乙" }
--> return comment(e.incident, table.remove(all))

--- table.sort(list[, before])
--- 排序
--- sorts
--> local tasks = view.tasks(e.incident)
--> table.sort(tasks, function(a, b) return a.id < b.id end)
--> if tasks[1] then return comment(e.incident, tasks[1].id) end
