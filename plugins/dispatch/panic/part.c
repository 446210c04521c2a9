/*
 * part.c - the panic part of the dispatch plugin: its tables, kinds and methods.
 */
#include "panic/panic.h"
#include "schema.h"

/* Those raised are few: the partial indexes are what every press and every page looks into. */
static const char *const migrations[] = {
    "CREATE TABLE panic("
    " n INTEGER PRIMARY KEY, incident INTEGER NOT NULL, org TEXT NOT NULL, by TEXT NOT NULL, user TEXT NOT "
    "NULL,"
    " name TEXT NOT NULL, key TEXT NOT NULL, address TEXT NOT NULL, device TEXT, silent INTEGER NOT NULL,"
    " text TEXT, lon REAL, lat REAL, acc REAL, voice TEXT, raised_ms INTEGER NOT NULL,"
    " occurred_ms INTEGER NOT NULL, round INTEGER NOT NULL DEFAULT 0, step INTEGER NOT NULL,"
    " repeats INTEGER NOT NULL DEFAULT 0, settled INTEGER NOT NULL DEFAULT 0, disposed_ms INTEGER,"
    " disposed_by TEXT, how TEXT, note TEXT);"
    "CREATE INDEX panic_raised ON panic(n) WHERE disposed_ms IS NULL;"
    "CREATE INDEX panic_key ON panic(key) WHERE disposed_ms IS NULL AND key <> '';"
    "CREATE TABLE panic_told("
    " panic INTEGER NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL, name TEXT NOT NULL, step INTEGER NOT "
    "NULL,"
    " told_ms INTEGER NOT NULL, received_ms INTEGER, answered_ms INTEGER, by TEXT, by_name TEXT,"
    " coming INTEGER, eta_ms INTEGER, note TEXT, PRIMARY KEY(panic, who)) WITHOUT ROWID;",
    "CREATE INDEX panic_incident ON panic(incident);", NULL};

#define P_PANIC                                                                                              \
  { .name = "id", .type = FQ_T_ID, .required = true, .zh = "报警编号", .en = "alarm id" }
static const struct fq_param raise_params[] = {
    P_PLACE,
    {.name = "grid", .type = FQ_T_ID, .zh = "网格(或村、镇)", .en = "grid, or village or township"},
    {.name = "address",
     .type = FQ_T_STRING,
     .max = 200,
     .zh = "地址;写户的地址编码时,登记的亲属也会收到",
     .en = "address; with the code of a household its relatives are told, too"},
    {.name = "text", .type = FQ_T_STRING, .max = 1000, .zh = "情况", .en = "what is the matter"},
    {.name = "voice",
     .type = FQ_T_STRING,
     .min = 64,
     .max = 64,
     .zh = "语音附件的 SHA-256",
     .en = "a voice note: blob by SHA-256"},
    {.name = "device", .type = FQ_T_STRING, .min = 1, .max = 64, .zh = "报警设备", .en = "the device"},
    {.name = "silent", .type = FQ_T_BOOL, .zh = "静默:不要给本人打电话", .en = "silent: do not call back"},
    {.name = "occurred_at",
     .type = FQ_T_TIME,
     .zh = "按下的时间(离线时先于送达)",
     .en = "when it was pressed, by the phone's clock"},
    {.name = "user",
     .type = FQ_T_ID,
     .zh = "替谁报警(值班台、设备网关或登记的亲属)",
     .en = "for whom; by a desk, a device's gateway or a registered relative"},
    {.name = "name",
     .type = FQ_T_STRING,
     .max = 40,
     .zh = "报警人姓名(无账号时)",
     .en = "who, without an account"},
    {0}};
static const struct fq_param ring_params[] = {P_PANIC, P_TIMER, {0}};
static const struct fq_param received_params[] = {
    P_PANIC, {.name = "device", .type = FQ_T_STRING, .min = 1, .max = 64, .zh = "终端", .en = "device"}, {0}};
static const struct fq_param acknowledge_params[] = {
    P_PANIC,
    {.name = "coming", .type = FQ_T_BOOL, .zh = "能否赶去", .en = "coming or not"},
    {.name = "eta_ms",
     .type = FQ_T_INT,
     .min = 0,
     .max = 86400000,
     .zh = "多少毫秒后到",
     .en = "there within, in milliseconds"},
    P_NOTE,
    {0}};
static const struct fq_param dispose_params[] = {
    P_PANIC,
    {.name = "how",
     .type = FQ_T_ENUM,
     .required = true,
     .values = "real false test duplicate",
     .zh = "处置结论:real 属实 false 误报 test 测试 duplicate 重复",
     .en = "what it was"},
    {.name = "note",
     .type = FQ_T_STRING,
     .required = true,
     .min = 1,
     .max = 500,
     .zh = "说明:怎么核实的",
     .en = "how that is known"},
    {0}};
static const struct fq_param get_params[] = {P_PANIC, {0}};
static const struct fq_param list_params[] = {
    P_ORG,
    {.name = "how",
     .type = FQ_T_ENUM,
     .values = "real false test duplicate",
     .zh = "处置结论",
     .en = "what it was"},
    {.name = "from", .type = FQ_T_TIME, .zh = "自", .en = "raised from"},
    {.name = "until", .type = FQ_T_TIME, .zh = "至(不含)", .en = "until, exclusive"},
    P_LIMIT,
    P_AFTER,
    {0}};

#define KIND(name, fn, zh, en)                                                                               \
  { "panic." #name, fn, HEAR, 0, zh, en }
static const struct fq_kind kinds[] = {
    KIND(raised, dp_apply_panic_raised, "一键报警", "panic button pressed"),
    KIND(repeated, dp_apply_panic_repeated, "再次按下报警", "panic button pressed again"),
    KIND(rang, dp_apply_panic_rang, "报警再次响铃", "alarm rang again"),
    KIND(climbed, dp_apply_panic_rang, "报警升级", "alarm climbed"),
    {"panic.received", dp_apply_panic_received, HEAR, FQ_KIND_QUIET, "报警已送达", "alarm received"},
    KIND(acknowledged, dp_apply_panic_acknowledged, "应答报警", "alarm answered"),
    KIND(disposed, dp_apply_panic_disposed, "报警处置", "alarm disposed of"),
    {0}};

#define PRESS  (FIELD | DESK | FQ_ROLE_FAMILY | FQ_ROLE_SERVICE)
#define ANSWER (FIELD | DESK | FQ_ROLE_FAMILY)
#define TOLD                                                                                                 \
  "[{who, why, name?, step: number, told_at, received_at?, answered_at?, coming?: boolean, eta_at?, note?, " \
  "by_name?}]"
#define ALARM                                                                                                \
  "id, incident, number: number, title, state, where: object, org, by, user?, name?, address?, device?, "    \
  "text?, voice?, place?: object, last_place?: object, last_at?, occurred_at, raised_at, repeats?: number, " \
  "silent?: boolean, round: number, step: number, settled: boolean, rings?: boolean, mine?: [string], "      \
  "disposed_at?, disposed_by?, how?, note?, told: " TOLD
/* clang-format off */
static const struct fq_method methods[] = {
    {"panic.raise", PRESS, 0, raise_params, NULL, dp_panic_raise, NULL, NULL, "一键报警", "press the panic button",
     "{id, incident, number: number, told: number, again?: boolean}"},
    {"panic.received", ANSWER, 0, received_params, dp_target_panic, dp_panic_received, NULL, NULL, "报警已到终端",
     "the phone has it", "{id}"},
    {"panic.acknowledge", ANSWER, 0, acknowledge_params, dp_target_panic, dp_panic_acknowledge, NULL, NULL, "应答报警",
     "answer an alarm, each for himself, a desk as one", "{id, settled: boolean}"},
    {"panic.dispose", PRESS, 0, dispose_params, dp_target_panic, dp_panic_dispose, NULL, NULL, "处置报警",
     "say what it was; whoever pressed may take it back while nobody has answered", "{id, how, voided: boolean}"},
    {"panic.ring", 0, FQ_INTERNAL, ring_params, NULL, dp_panic_ring, NULL, NULL, "报警再响", "an alarm rings again", NULL},
    ASK("panic.open", PRESS | FQ_ROLE_ADMIN_AUDIT, FQ_SNAPSHOT, NULL, dp_panic_open, "未处置的报警",
        "alarms that are raised, as one was told of them", "{rows: [{" ALARM "}]}"),
    ASK("panic.get", PRESS | FQ_ROLE_ADMIN_AUDIT, 0, get_params, dp_panic_get, "报警详情", "an alarm with its story",
        "{" ALARM ", story: [{n: number, at, kind, zh, en, actor, name?, who?: any, coming?: boolean, note?, round?: number, "
        "step?: number, to?: any, silent?: any, how?, place?: object}]}"),
    ASK("panic.list", DESK | FQ_ROLE_ADMIN_AUDIT | FQ_ROLE_SERVICE, 0, list_params, dp_panic_list, "报警记录",
        "alarms of an area, newest first", "{rows: [{" ALARM "}], next?}"),
    {0}};
/* clang-format on */

const struct fq_plugin dp_panic_part = {
    FQ_PLUGIN_HEAD,           .name = "dispatch.panic", .version = DP_VERSION, .zh = "一键报警",
    .en = "the panic button", .migrations = migrations, .kinds = kinds,        .methods = methods,
};
