/*
 * part.c - the people part of the dispatch plugin: its kinds, methods and views.
 */
#include "people/people.h"
#include "schema.h"

static const struct fq_param officer_params[] = {
    {.name = "user", .type = FQ_T_ID, .required = true, .zh = "用户", .en = "user"},
    {.name = "skills",
     .type = FQ_T_ARRAY,
     .members = (const struct fq_param[]){{.name = "skill", .type = FQ_T_ID}, {0}},
     .required = true,
     .max = 20,
     .zh = "技能",
     .en = "skills"},
    {.name = "capacity",
     .type = FQ_T_INT,
     .min = 1,
     .max = 50,
     .zh = "同时可办任务",
     .en = "open tasks at a time"},
    {.name = "grid", .type = FQ_T_ID, .zh = "网格", .en = "grid"},
    {.name = "employer", .type = FQ_T_ID, .zh = "聘用单位(县聘)", .en = "the unit that employs him"},
    {.name = "manager", .type = FQ_T_ID, .zh = "管理单位(镇管)", .en = "the unit that manages him"},
    {.name = "born", .type = FQ_T_INT, .min = 1900, .max = 2100, .zh = "出生年份", .en = "year of birth"},
    {.name = "clear",
     .type = FQ_T_ARRAY,
     .members =
         (const struct fq_param[]){
             {.name = "member", .type = FQ_T_ENUM, .values = "grid capacity employer manager born"}, {0}},
     .max = 5,
     .zh = "清空哪些",
     .en = "what of these is taken away"},
    {0}};
static const struct fq_param duty_params[] = {{.name = "user", .type = FQ_T_ID, .zh = "用户", .en = "user"},
                                              {0}};
static const struct fq_param duty_list_params[] = {
    {.name = "org", .type = FQ_T_ID, .zh = "机构", .en = "unit"},
    {.name = "on_duty", .type = FQ_T_BOOL, .zh = "只看在岗(不在岗)的", .en = "only those on duty, or not"},
    {.name = "text",
     .type = FQ_T_STRING,
     .min = 1,
     .max = 60,
     .zh = "账号、姓名、单位中的字词",
     .en = "within account, name or unit"},
    {.name = "limit",
     .type = FQ_T_INT,
     .min = 1,
     .max = 1000,
     .zh = "条数,默认全部",
     .en = "rows; all by default"},
    P_AFTER,
    {0}};
static const struct fq_param circle_params[] = {{.name = "lon",
                                                 .type = FQ_T_NUMBER,
                                                 .required = true,
                                                 .min = -180,
                                                 .max = 180,
                                                 .zh = "经度",
                                                 .en = "longitude"},
                                                {.name = "lat",
                                                 .type = FQ_T_NUMBER,
                                                 .required = true,
                                                 .min = -90,
                                                 .max = 90,
                                                 .zh = "纬度",
                                                 .en = "latitude"},
                                                {.name = "radius_m",
                                                 .type = FQ_T_INT,
                                                 .required = true,
                                                 .min = 1,
                                                 .max = 1e6,
                                                 .zh = "半径,米",
                                                 .en = "radius in metres"},
                                                {0}};
static const struct fq_param present_params[] = {
    {.name = "unit", .type = FQ_T_ID, .zh = "单位", .en = "at this unit"},
    {.name = "team", .type = FQ_T_ID, .zh = "队伍", .en = "in this team"},
    {.name = "circle",
     .type = FQ_T_OBJECT,
     .members = circle_params,
     .zh = "终端最近在此圆内",
     .en = "whose phone was in this circle lately"},
    {0}};
static const struct fq_param position_list_params[] = {{.name = "org",
                                                        .type = FQ_T_ID,
                                                        .zh = "单位及其下级，默认本人所在单位",
                                                        .en = "unit and below; one's own by default"},
                                                       {.name = "fresh",
                                                        .type = FQ_T_BOOL,
                                                        .zh = "只要新近的位置",
                                                        .en = "only positions that are not too old to count"},
                                                       {.name = "limit",
                                                        .type = FQ_T_INT,
                                                        .min = 1,
                                                        .max = 1000,
                                                        .zh = "条数，默认 500",
                                                        .en = "rows, 500 by default"},
                                                       P_AFTER,
                                                       {0}};
static const struct fq_param position_params[] = {
    {.name = "lon",
     .type = FQ_T_NUMBER,
     .required = true,
     .min = -180,
     .max = 180,
     .zh = "经度",
     .en = "longitude"},
    {.name = "lat",
     .type = FQ_T_NUMBER,
     .required = true,
     .min = -90,
     .max = 90,
     .zh = "纬度",
     .en = "latitude"},
    {.name = "acc", .type = FQ_T_NUMBER, .min = 0, .max = 1e6, .zh = "精度(米)", .en = "accuracy, metres"},
    {.name = "at", .type = FQ_T_TIME, .zh = "时间", .en = "time of the fix"},
    {.name = "speed", .type = FQ_T_NUMBER, .min = 0, .max = 500, .zh = "速度(米/秒)", .en = "speed, m/s"},
    {.name = "heading", .type = FQ_T_NUMBER, .min = 0, .max = 360, .zh = "方向", .en = "heading, degrees"},
    {.name = "battery", .type = FQ_T_NUMBER, .min = 0, .max = 100, .zh = "电量", .en = "battery, percent"},
    {0}};
static const struct fq_param candidates_params[] = {
    P_ID,
    {.name = "limit", .type = FQ_T_INT, .min = 1, .max = 200, .zh = "人数", .en = "rows"},
    {.name = "excluded",
     .type = FQ_T_INT,
     .min = 0,
     .max = 10000,
     .zh = "最多列出多少未入选者及原因",
     .en = "how many of those left out to list, with the reason; 500 by default"},
    {0}};

#define P_UNIT(must)                                                                                         \
  { .name = "org", .type = FQ_T_ID, .required = must, .zh = "单位", .en = "unit" }
#define P_USER                                                                                               \
  { .name = "user", .type = FQ_T_ID, .required = true, .zh = "用户", .en = "user" }
#define P_WHEN(n, must, z, e)                                                                                \
  { .name = n, .type = FQ_T_TIME, .required = must, .zh = z, .en = e }
#define P_LADDER(must)                                                                                       \
  { .name = "ladder", .type = FQ_T_ID, .required = must, .zh = "阶梯", .en = "ladder" }
#define P_TEXT(n, max_, z, e)                                                                                \
  { .name = n, .type = FQ_T_STRING, .min = 1, .max = max_, .zh = z, .en = e }
#define LEVELS      "household courtyard grid village police_post township county"
#define WAIT_MAX_MS 604800000 /* a week */

/* ---- ladders ----------------------------------------------------------------------------------------------
 */

static const struct fq_param role_names[] = {{.name = "role",
                                              .type = FQ_T_ENUM,
                                              .values = "officer director department"
                                                        " dispatcher commander"},
                                             {0}};
static const struct fq_param rung_members[] = {
    {.name = "level", .type = FQ_T_ENUM, .required = true, .values = LEVEL_VALUES, .zh = "级", .en = "level"},
    {.name = "title",
     .type = FQ_T_STRING,
     .required = true,
     .min = 1,
     .max = 20,
     .zh = "名称",
     .en = "title"},
    {.name = "find",
     .type = FQ_T_STRING,
     .required = true,
     .min = 6,
     .max = 200,
     .zh = "怎样找到这一级:unit:village 或 binding:village_head,可写几个,以空格分开",
     .en = "how to find who sits on it: unit:village or binding:village_head; several with a space between"},
    {.name = "roles",
     .type = FQ_T_ARRAY,
     .members = role_names,
     .min = 1,
     .max = 5,
     .zh = "单位里谁可应答",
     .en = "who of the unit may answer; by level when left out"},
    {.name = "wait_ms",
     .type = FQ_T_INT,
     .min = 1000,
     .max = WAIT_MAX_MS,
     .zh = "等多久(毫秒),默认 10 分钟",
     .en = "how long to wait, ms; 10 minutes by default"},
    {0}};
static const struct fq_param rung_param[] = {{.name = "rung", .type = FQ_T_OBJECT, .members = rung_members},
                                             {0}};
static const struct fq_param ladder_params[] = {
    {.name = "name", .type = FQ_T_ID, .required = true, .zh = "名称", .en = "name"},
    {.name = "title",
     .type = FQ_T_STRING,
     .required = true,
     .min = 1,
     .max = 60,
     .zh = "标题",
     .en = "title"},
    {.name = "rungs",
     .type = FQ_T_ARRAY,
     .required = true,
     .members = rung_param,
     .min = 1,
     .max = DP_LEVEL_COUNT,
     .zh = "各级,由低到高",
     .en = "rungs, lowest first"},
    {0}};
static const struct fq_param fallback_params[] = {P_UNIT(true),
                                                  {.name = "owner",
                                                   .type = FQ_T_ID,
                                                   .zh = "兜底单位;不填则取消",
                                                   .en = "the fallback owner; left out: none"},
                                                  {0}};
static const struct fq_param wait_members[] = {
#define X(id, n, z) {.name = n, .type = FQ_T_INT, .min = 1000, .max = WAIT_MAX_MS, .zh = z, .en = n},
    DP_LEVELS(X)
#undef X
        {0}};
static const struct fq_param climb_params[] = {
    P_ID,
    P_LADDER(true),
    {.name = "from",
     .type = FQ_T_ENUM,
     .values = LEVEL_VALUES,
     .zh = "从哪一级起",
     .en = "the level to begin at"},
    {.name = "wait_ms",
     .type = FQ_T_INT,
     .min = 1000,
     .max = WAIT_MAX_MS,
     .zh = "每级等多久(毫秒)",
     .en = "how long each rung is waited for, ms"},
    {.name = "waits",
     .type = FQ_T_OBJECT,
     .members = wait_members,
     .zh = "某一级等多久(毫秒)",
     .en = "how long a certain rung is waited for, ms"},
    P_TEXT("address", 200, "地址编码,如 430525100201-01/12", "address code, such as 430525100201-01/12"),
    {0}};
static const struct fq_param climb_on_params[] = {P_ID, P_TIMER, {0}};
static const struct fq_param take_params[] = {P_ID, P_NOTE, {0}};
static const struct fq_param who_params[] = {
    {.name = "grid", .type = FQ_T_ID, .zh = "网格(或村、镇)", .en = "grid, or village or township"},
    P_PLACE,
    P_TEXT("address", 200, "地址编码", "address code"),
    P_TEXT("household", 200, "户的地址编码", "address code of a household"),
    P_LADDER(false),
    P_WHEN("at", false, "何时", "when; now by default"),
    {0}};

/* ---- bindings
 * ----------------------------------------------------------------------------------------------- */

static const struct fq_param address_codes[] = {
    {.name = "address", .type = FQ_T_STRING, .min = 1, .max = 200}, {0}};
static const struct fq_param binding_params[] = {
    {.name = "id", .type = FQ_T_ID, .zh = "要更改的包保关系", .en = "the binding to change"},
    {.name = "kind",
     .type = FQ_T_ID,
     .required = true,
     .zh = "类别,见词典 bindings",
     .en = "kind, see dictionary bindings"},
    {.name = "holder", .type = FQ_T_ID, .required = true, .zh = "责任人", .en = "who answers"},
    {.name = "subject",
     .type = FQ_T_STRING,
     .required = true,
     .min = 1,
     .max = 200,
     .zh = "单位代码或地址编码",
     .en = "a unit's code or an address code"},
    P_WHEN("from", false, "自", "from; now by default"),
    P_WHEN("until", false, "至", "until; open by default"),
    {.name = "covers",
     .type = FQ_T_ARRAY,
     .members = address_codes,
     .max = 500,
     .zh = "所辖各户的地址编码",
     .en = "address codes that belong to it, where the code does not say so"},
    P_NOTE,
    {0}};
static const struct fq_param binding_members[] = {
    {.name = "kind", .type = FQ_T_ID, .required = true, .zh = "类别", .en = "kind, see dictionary bindings"},
    {.name = "holder", .type = FQ_T_ID, .required = true, .zh = "责任人", .en = "who answers"},
    {.name = "subject",
     .type = FQ_T_STRING,
     .required = true,
     .min = 1,
     .max = 200,
     .zh = "单位代码或地址编码",
     .en = "a unit's code or an address code"},
    P_WHEN("from", false, "自", "from; now by default"),
    P_WHEN("until", false, "至", "until; open by default"),
    P_NOTE,
    {0}};
static const struct fq_param binding_row[] = {
    {.name = "row", .type = FQ_T_OBJECT, .members = binding_members}, {0}};
static const struct fq_param binding_rows_params[] = {{.name = "rows",
                                                       .type = FQ_T_ARRAY,
                                                       .required = true,
                                                       .members = binding_row,
                                                       .min = 1,
                                                       .max = 100,
                                                       .zh = "包保关系",
                                                       .en = "bindings: all of them or none"},
                                                      {0}};
static const struct fq_param binding_any[] = {{.name = "row", .type = FQ_T_ANY}, {0}};
static const struct fq_param binding_check_params[] = {{.name = "rows",
                                                        .type = FQ_T_ARRAY,
                                                        .required = true,
                                                        .members = binding_any,
                                                        .min = 1,
                                                        .max = 200,
                                                        .zh = "包保关系",
                                                        .en = "rows; each is checked on its own"},
                                                       {0}};
static const struct fq_param touches_params[] = {
    P_UNIT(false), {.name = "user", .type = FQ_T_ID, .zh = "用户", .en = "user"}, {0}};
static const struct fq_param officer_get_params[] = {P_USER, {0}};
static const struct fq_param binding_end_params[] = {
    P_ID, P_WHEN("at", false, "何时起", "from when; now by default"), P_REASON(false), {0}};
static const struct fq_param binding_list_params[] = {
    P_TEXT("subject", 200, "对象", "subject"),
    {.name = "holder", .type = FQ_T_ID, .zh = "责任人", .en = "who answers"},
    {.name = "kind", .type = FQ_T_ID, .zh = "类别", .en = "kind"},
    P_WHEN("at", false, "何时有效", "in force at this time; any by default"),
    P_WHEN("ends_before", false, "何时前到期", "those that end by this time"),
    P_UNIT(false),
    P_LIMIT,
    P_AFTER,
    {0}};

/* ---- roster, leave
 * -------------------------------------------------------------------------------------------- */

static const struct fq_param shift_members[] = {
    P_USER,
    P_WHEN("from", true, "自", "from"),
    P_WHEN("until", true, "至", "until"),
    P_TEXT("post", 20, "岗位:lead 带班、deputy 副班,或自定", "post: lead, deputy or a text"),
    {0}};
static const struct fq_param shift_param[] = {
    {.name = "shift", .type = FQ_T_OBJECT, .members = shift_members}, {0}};
static const struct fq_param roster_params[] = {P_UNIT(true),
                                                {.name = "rows",
                                                 .type = FQ_T_ARRAY,
                                                 .required = true,
                                                 .members = shift_param,
                                                 .min = 1,
                                                 .max = 500,
                                                 .zh = "班次",
                                                 .en = "shifts"},
                                                {0}};
static const struct fq_param roster_remove_params[] = {P_ID, P_REASON(false), {0}};
static const struct fq_param override_params[] = {
    P_UNIT(true),
    P_TEXT("date", 10, "日期(北京时间),如 2026-11-22", "a day in Beijing time, such as 2026-11-22"),
    P_WHEN("from", false, "自", "from"),
    P_WHEN("until", false, "至", "until"),
    P_USER,
    {.name = "instead_of", .type = FQ_T_ID, .required = true, .zh = "替谁", .en = "whose shift he takes"},
    P_REASON(true),
    {0}};
static const struct fq_param roster_list_params[] = {
    P_UNIT(false),
    P_WHEN("from", false, "自", "from; a day ago by default"),
    P_WHEN("until", false, "至", "until; 8 days later by default"),
    {0}};
static const struct fq_param org_params[] = {P_UNIT(false), {0}};
static const struct fq_param leave_params[] = {
    P_USER,
    P_WHEN("from", true, "自", "from"),
    P_WHEN("until", true, "至", "until"),
    {.name = "deputy", .type = FQ_T_ID, .zh = "代理人", .en = "who stands in"},
    P_REASON(true),
    {0}};
static const struct fq_param leave_end_params[] = {P_USER,
                                                   {.name = "id",
                                                    .type = FQ_T_ID,
                                                    .zh = "哪一次请假",
                                                    .en = "which leave; the present or the next by default"},
                                                   {0}};
static const struct fq_param vacancy_params[] = {P_UNIT(false),
                                                 {.name = "kind",
                                                  .type = FQ_T_ENUM,
                                                  .values = "grid village police_post township",
                                                  .zh = "类别",
                                                  .en = "kind"},
                                                 P_LIMIT,
                                                 P_AFTER,
                                                 {0}};

/* ---- tables -----------------------------------------------------------------------------------------------
 */

static const char *const migrations[] = {
    "ALTER TABLE officer ADD COLUMN employer TEXT;"
    "ALTER TABLE officer ADD COLUMN manager TEXT;"
    "ALTER TABLE officer ADD COLUMN born INTEGER;"
    "CREATE TABLE ladder(name TEXT PRIMARY KEY, title TEXT NOT NULL, rungs TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE fallback(org TEXT PRIMARY KEY, owner TEXT NOT NULL) WITHOUT ROWID;"
    /* Rows only while a ladder climbs: few, so its indexes stay small. */
    "CREATE TABLE climb(incident INTEGER PRIMARY KEY, ladder TEXT NOT NULL, level TEXT NOT NULL, org TEXT "
    "NOT NULL,"
    " asked TEXT, address TEXT, waits TEXT NOT NULL, due_ms INTEGER NOT NULL);"
    "CREATE INDEX climb_asked ON climb(asked);"
    "CREATE INDEX climb_org ON climb(org);"
    "CREATE TABLE binding(n INTEGER PRIMARY KEY, kind TEXT NOT NULL, holder TEXT NOT NULL, subject TEXT NOT "
    "NULL,"
    " org TEXT NOT NULL, from_ms INTEGER NOT NULL, until_ms INTEGER, note TEXT);"
    "CREATE INDEX binding_subject ON binding(subject, kind);"
    "CREATE INDEX binding_holder ON binding(holder, n);"
    "CREATE TABLE binding_cover(address TEXT NOT NULL, binding INTEGER NOT NULL, PRIMARY KEY(address, "
    "binding))"
    " WITHOUT ROWID;"
    "CREATE TABLE duty_shift(n INTEGER PRIMARY KEY, org TEXT NOT NULL, user TEXT NOT NULL, from_ms INTEGER "
    "NOT "
    "NULL,"
    " until_ms INTEGER NOT NULL, post TEXT, instead_of TEXT, reason TEXT);"
    "CREATE INDEX duty_shift_org ON duty_shift(org, until_ms);"
    "CREATE INDEX duty_shift_org_from ON duty_shift(org, from_ms);"
    "CREATE INDEX duty_shift_user ON duty_shift(user, until_ms);"
    "CREATE INDEX duty_shift_instead_of ON duty_shift(instead_of, until_ms) WHERE instead_of IS NOT NULL;"
    "CREATE INDEX duty_shift_from ON duty_shift(from_ms);"
    "CREATE INDEX duty_shift_until ON duty_shift(until_ms);"
    "CREATE TABLE leave(n INTEGER PRIMARY KEY, user TEXT NOT NULL, from_ms INTEGER NOT NULL,"
    " until_ms INTEGER NOT NULL, deputy TEXT, reason TEXT);"
    "CREATE INDEX leave_user ON leave(user, until_ms);"
    "CREATE INDEX leave_from ON leave(from_ms);"
    "CREATE INDEX leave_until ON leave(until_ms);"
    "CREATE TABLE seat(user TEXT PRIMARY KEY, org TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX seat_org ON seat(org);"
    "CREATE TABLE vacancy(org TEXT PRIMARY KEY, since_ms INTEGER NOT NULL) WITHOUT ROWID;"
    /* A county that has people already: 31 is every role that can have work (SEATED in vacancy.c). */
    "INSERT INTO seat(user, org) SELECT a.name, coalesce(f.grid, a.org) FROM account a"
    " LEFT JOIN officer f ON f.user = a.name WHERE a.disabled = 0 AND (a.roles & 31) != 0;",
    "CREATE INDEX binding_cover_binding ON binding_cover(binding);", NULL};

#define CHIEFS (HEAR | FQ_ROLE_ADMIN_SYSTEM)
static const struct fq_kind kinds[] = {
    {"officer.set", dp_apply_officer, HEAR | FQ_ROLE_ADMIN_SYSTEM, 0, "人员能力登记", "officer set"},
    {"duty.started", dp_apply_duty, HEAR, 0, "上岗", "on duty"},
    {"duty.ended", dp_apply_duty, HEAR, 0, "下岗", "off duty"},
    {"ladder.set", dp_apply_ladder_set, CHIEFS, 0, "阶梯设置", "ladder set"},
    {"fallback.set", dp_apply_fallback_set, CHIEFS, 0, "兜底单位设置", "fallback owner set"},
    {"ladder.started", dp_apply_ladder_started, HEAR, 0, "开始逐级询问", "the ladder begins to climb"},
    {"ladder.stopped", dp_apply_ladder_stopped, HEAR, 0, "逐级询问结束", "the ladder stops climbing"},
    {"binding.set", dp_apply_binding_set, CHIEFS, 0, "包保关系设置", "responsibility binding set"},
    {"binding.ended", dp_apply_binding_ended, CHIEFS, 0, "包保关系结束", "responsibility binding ended"},
    {"roster.set", dp_apply_roster_set, CHIEFS, 0, "排班", "roster set"},
    {"roster.removed", dp_apply_roster_removed, CHIEFS, 0, "撤销班次", "shift removed"},
    {"roster.overridden", dp_apply_roster_set, CHIEFS, 0, "调班", "shift given to somebody else"},
    {"leave.set", dp_apply_leave_set, CHIEFS, 0, "请假", "on leave"},
    {"leave.ended", dp_apply_leave_ended, CHIEFS, 0, "销假", "back from leave"},
    {0}};

/* Accounts and units are the server's; a change in either moves who could be sent. Whatever answers an
 * incident stops its ladder. */
static const struct fq_kind also_applies[] = {{.name = "user.set", .apply = dp_apply_seated},
                                              {.name = "user.disabled", .apply = dp_apply_unseated},
                                              {.name = "org.unit_set", .apply = dp_apply_unit},
                                              {.name = "incident.escalated", .apply = dp_apply_climbed},
                                              {.name = "incident.sent_down", .apply = dp_apply_climbed},
                                              {.name = "incident.transferred", .apply = dp_apply_answered},
                                              {.name = "incident.accepted", .apply = dp_apply_answered},
                                              {.name = "incident.dispatched", .apply = dp_apply_answered},
                                              {.name = "incident.handled", .apply = dp_apply_answered},
                                              {.name = "incident.returned", .apply = dp_apply_answered},
                                              {.name = "incident.suspended", .apply = dp_apply_answered},
                                              {.name = "incident.merged", .apply = dp_apply_answered},
                                              {.name = "incident.voided", .apply = dp_apply_answered},
                                              {0}};

#define CHIEF (DESK | FQ_ROLE_ADMIN_SYSTEM)
static const struct fq_method methods[] = {
    {"officer.set", DESK | FQ_ROLE_ADMIN_SYSTEM, 0, officer_params, dp_target_user, dp_officer_set, NULL,
     NULL, "登记技能与容量", "set skills, capacity, grid", "{user}"},
    {"duty.start", DESK | FIELD | FQ_ROLE_ADMIN_SYSTEM, 0, duty_params, dp_target_user, dp_duty_start, NULL,
     NULL, "上岗", "sign on", "{user, on_duty}"},
    {"duty.end", DESK | FIELD | FQ_ROLE_ADMIN_SYSTEM, 0, duty_params, dp_target_user, dp_duty_end, NULL, NULL,
     "下岗", "sign off", "{user, on_duty}"},
    {"duty.present", 0, FQ_INTERNAL, present_params, NULL, dp_duty_present, NULL, NULL, "谁在岗",
     "who is on duty at a unit, in a team, in a circle on the map; for other plugins", "{users: [id]}"},
    {"ladder.set", FQ_ROLE_ADMIN_SYSTEM, 0, ladder_params, dp_target_county, dp_ladder_set, NULL, NULL,
     "设置阶梯", "set a ladder", "{name}"},
    {"fallback.set", FQ_ROLE_ADMIN_SYSTEM, 0, fallback_params, dp_target_org, dp_fallback_set, NULL, NULL,
     "设置兜底单位", "set the fallback owner of a unit", "{org}"},
    {"incident.climb", DESK | RULE, FQ_POLICY, climb_params, dp_target_desk, dp_incident_climb, NULL, NULL,
     "逐级询问", "ask up a ladder, rung by rung, until somebody answers", "{id, owner, asked?, running?}"},
    {"incident.climb_on", 0, FQ_INTERNAL, climb_on_params, NULL, dp_climb_on, NULL, NULL, "到时无人应答",
     "a rung has not answered in time", NULL},
    {"ladder.take", DESK | FIELD, 0, take_params, dp_target_asked, dp_ladder_take, NULL, NULL, "我来办",
     "who is asked takes it", "{id, task}"},
    {"binding.set", CHIEF, 0, binding_params, dp_target_binding, dp_binding_set, NULL, NULL, "设置包保关系",
     "bind somebody to what he answers for", "{id}"},
    {"binding.end", CHIEF, 0, binding_end_params, dp_target_binding, dp_binding_end, NULL, NULL,
     "结束包保关系", "end a binding", "{id}"},
    {"binding.set_many", CHIEF, 0, binding_rows_params, NULL, dp_binding_set_many, NULL, NULL,
     "批量设置包保关系", "bind many: all of them or none", "{set: number}"},
    ASK("binding.check", CHIEF, 0, binding_check_params, dp_binding_check_rows, "试导入包保关系",
        "what binding.set_many would say, row by row",
        "{rows: [{i: number, act, code?, path?, zh?, en?}], adds: number, errors: number}"),
    ASK("people.touches", CHIEF | FQ_ROLE_ADMIN_SECURITY | FQ_ROLE_ADMIN_AUDIT, 0, touches_params,
        dp_people_touches, "牵涉多少", "how much hangs on a unit or a person",
        "{incidents: number, tasks: number, clocks?: number, officers?: number, asked?: number, shifts: "
        "number, "
        "bindings: number, fallbacks?: number, deputy_of?: number}"),
    ASK("officer.get", CHIEF | FQ_ROLE_ADMIN_SECURITY | FQ_ROLE_ADMIN_AUDIT, 0, officer_get_params,
        dp_officer_get, "人员能力", "skills, capacity, grid of one who can be sent",
        "{user, skills: [string], grid?, employer?, manager?, capacity?: number, born?: number}"),
    {"roster.set", CHIEF, 0, roster_params, dp_target_org, dp_roster_set, NULL, NULL, "排班", "write shifts",
     "{shifts}"},
    {"roster.remove", CHIEF, 0, roster_remove_params, dp_target_roster_shift, dp_roster_remove, NULL, NULL,
     "撤销班次", "take a shift out", "{id}"},
    {"roster.override", CHIEF, 0, override_params, dp_target_org, dp_roster_override, NULL, NULL, "调班",
     "give somebody's shift to somebody else", "{shifts}"},
    {"leave.set", CHIEF, 0, leave_params, dp_target_leave, dp_leave_set, NULL, NULL, "请假", "grant leave",
     "{id, user}"},
    {"leave.end", CHIEF, 0, leave_end_params, dp_target_leave, dp_leave_end, NULL, NULL, "销假",
     "back from leave, or a leave called off", "{id, user}"},
    {"position.update", DESK | FIELD, 0, position_params, NULL, NULL, NULL, dp_position_update, "上报位置",
     "where I am", NULL},
    ASK("position.list", DESK | FQ_ROLE_SERVICE | FQ_ROLE_ADMIN_SYSTEM, 0, position_list_params,
        dp_position_list, "人员位置",
        "where people are, as their phones last said; then the topic `positions` says what changes",
        "{rows: [{user, display, org, lon: number, lat: number, acc?: number, at, battery?: number, speed?: "
        "number,"
        " heading?: number, on_duty: boolean, tasks: number}], next?}"),
    ASK("duty.list", DESK | FIELD | FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT, 0, duty_list_params,
        dp_duty_list, "值班与人员", "who is on duty; officers see themselves",
        "{rows: [{user, display, org, org_name, skills, capacity?: number, on_duty: boolean, why_zh?, "
        "why_en?,"
        " deputy?, since?, load: number, employer?, manager?, reserved?, position?: {lon: number, lat: "
        "number,"
        " acc?: number, at, fresh: boolean}}], next?}"),
    ASK("incident.candidates", DESK, 0, candidates_params, dp_incident_candidates, "派遣建议",
        "who could be sent, ranked, with reasons", "{rows, excluded, excluded_count}"),
    ASK("ladder.list", READERS, 0, NULL, dp_ladder_list, "阶梯", "the ladders and the fallback owners",
        "{rows:[{name, title, rungs}], fallback:[{org, owner, name}]}"),
    ASK("ladder.who", DESK | FIELD | FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT, 0, who_params, dp_ladder_who,
        "此处现由谁负责", "who answers for a place or a household, rung by rung",
        "{ladder, grid, address?, rungs:[{level, title?, org?, name?, holder?, available, answers?, deputy?, "
        "why_zh?, "
        "why_en?}], falls_to?, fallback?}"),
    ASK("ladder.mine", DESK | FIELD, 0, NULL, dp_ladder_mine, "正在问我的事件",
        "what waits for the caller's answer", "{rows}"),
    ASK("binding.list", DESK | FIELD | FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT, 0, binding_list_params,
        dp_binding_list, "包保关系", "responsibility bindings; officers see their own", "{rows, next?}"),
    ASK("roster.list", DESK | FIELD | FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT, 0, roster_list_params,
        dp_roster_list, "班次与请假", "shifts and leaves of a unit; officers see their own",
        "{rows, leaves}"),
    ASK("roster.now", DESK | FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT, 0, org_params, dp_roster_now,
        "现在谁值班", "who has duty at a unit now, with deputies and overrides", "{org, keeps_roster, rows}"),
    ASK("roster.vacancies", DESK | FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT, 0, vacancy_params,
        dp_roster_vacancies, "空缺报告", "units with nobody, since when, who covers",
        "{rows, next?, counts, officers, ages?}"),
    {0}};

static const struct fq_view_fn views[] = {
    {"nearest_officer", dp_view_nearest_officer, "incident, {skill=, within_m=, exclude=}",
     "最近的在岗、未满负荷网格员;没有则为 nil",
     "the nearest officer on duty with capacity; nil when there is none"},
    {"candidates", dp_view_candidates, "incident, n", "前 n 名派遣人选及理由",
     "the best n to send, with reasons"},
    {"rung_above", dp_view_rung_above, "incident[, level]", "上一级有人在岗的负责单位",
     "the next staffed rung above"},
    {"unit", dp_view_unit, "org", "机构", "a unit: {id, kind, name, parent, lon, lat}"},
    {"on_duty", dp_view_on_duty, "org[, role]", "该单位在岗人员", "who is on duty exactly at this unit"},
    {"who", dp_view_who, "incident_or_place[, ladder]", "此处现由谁负责,逐级列出",
     "who answers for it, rung by rung"},
    {"roster", dp_view_roster, "org", "该单位现在谁值班", "who has duty at a unit now"},
    {0}};

/* Where phones are is in memory alone. */
static const char *const fleeting[] = {"nearest_officer", "candidates", NULL};

const struct fq_plugin dp_people_part = {
    FQ_PLUGIN_HEAD,
    .name = "dispatch.people",
    .version = DP_VERSION,
    .zh = "人员与值班",
    .en = "people, duty, the ladder",
    .migrations = migrations,
    .kinds = kinds,
    .also_applies = also_applies,
    .methods = methods,
    .views = views,
    .fleeting = fleeting,
};
