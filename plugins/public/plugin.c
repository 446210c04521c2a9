/*
 * plugin.c - the plugin's tables: residents report without an account and follow what becomes of it. It knows
 * incidents by their kinds and methods alone.
 */
#include <string.h>

#include "public.h"

#define HEAR (FQ_ROLE_DESK | FQ_ROLE_SERVICE)

/* Sealed or not, who reported is nobody's to hear: public.get masks it, public.reveal writes down who asked.
 */
static const struct fq_kind kinds[] = {
    {"public.reported", pub_apply_reported, 0, FQ_KIND_QUIET, "居民上报登记", "resident's report filed"},
    {"public.replied", pub_apply_replied, HEAR, FQ_KIND_QUIET, "回复居民", "reply to the resident"},
    {"public.rated", pub_apply_rated, HEAR, FQ_KIND_QUIET, "居民评价", "rated by the resident"},
    {"public.revealed", pub_apply_revealed, HEAR | FQ_ROLE_ADMIN_AUDIT | FQ_ROLE_ADMIN_SECURITY,
     FQ_KIND_QUIET, "查看居民信息", "resident's name and number revealed"},
    {0},
};

#define MOVES(kind)                                                                                          \
  { .name = kind, .apply = pub_apply_moved }
static const struct fq_kind also_applies[] = {
    MOVES("incident.accepted"),
    MOVES("incident.dispatched"),
    MOVES("incident.returned"),
    MOVES("incident.handled"),
    MOVES("incident.verified"),
    MOVES("incident.closed"),
    MOVES("incident.reopened"),
    MOVES("incident.suspended"),
    MOVES("incident.resumed"),
    MOVES("incident.recalled"),
    MOVES("incident.voided"),
    MOVES("incident.joined"),
    MOVES("incident.transferred"),
    MOVES("incident.sent_down"),
    MOVES("incident.escalated"),
    MOVES("task.accepted"),
    MOVES("task.declined"),
    MOVES("task.arrived"),
    MOVES("task.fed_back"),
    MOVES("task.finished"),
    MOVES("task.recalled"),
    MOVES("task.expired"),
    {.name = "incident.merged", .apply = pub_apply_merged},
    {.name = "incident.split", .apply = pub_apply_split},
    {0},
};

static const struct fq_param sha256[] = {{.name = "sha256", .type = FQ_T_STRING, .min = 64, .max = 64}, {0}};
/* clang-format off */
static const struct fq_param ticket_params[] = {
    {.name = "sha256", .type = FQ_T_STRING, .required = true, .min = 64, .max = 64, .zh = "照片的 SHA-256", .en = "of the picture's bytes, lower-case hexadecimal"},
    {.name = "size", .type = FQ_T_INT, .required = true, .min = 1, .max = 1e9, .zh = "字节数", .en = "bytes"},
    {0}};
static const struct fq_param report_params[] = {
    {.name = "category", .type = FQ_T_ID, .required = true, .zh = "类别,见 public.categories", .en = "category code, from public.categories"},
    {.name = "title", .type = FQ_T_STRING, .max = 60, .zh = "一句话", .en = "in a few words"},
    {.name = "text", .type = FQ_T_STRING, .max = 2000, .zh = "情况", .en = "what is the matter"},
    {.name = "place", .type = FQ_T_PLACE, .zh = "位置", .en = "place"},
    {.name = "address", .type = FQ_T_STRING, .max = 200, .zh = "地址", .en = "address"},
    {.name = "name", .type = FQ_T_STRING, .max = 40, .zh = "称呼,密封保存", .en = "what to call you; kept sealed"},
    {.name = "phone", .type = FQ_T_STRING, .max = 24, .zh = "电话,密封保存", .en = "telephone; kept sealed"},
    {.name = "form", .type = FQ_T_ANY, .zh = "表单内容", .en = "the category's form, filled in"},
    {.name = "attachments", .type = FQ_T_ARRAY, .members = sha256, .max = PUB_PHOTOS, .zh = "照片的 SHA-256", .en = "pictures, by SHA-256"},
    {.name = "occurred_at", .type = FQ_T_TIME, .zh = "发生时间", .en = "when it happened, by the reporter's clock"},
    {.name = "again", .type = FQ_T_BOOL, .zh = "确是另一件事", .en = "it is another matter than reported before"},
    {0}};
#define P_WHICH                                                                                              \
  {.name = "number", .type = FQ_T_INT, .min = 1, .max = 1e12, .zh = "上报编号", .en = "the report's number"},   \
  {.name = "tail", .type = FQ_T_STRING, .min = 4, .max = 4, .zh = "手机号后四位", .en = "last four digits of the telephone"}, \
  {.name = "code", .type = FQ_T_STRING, .min = 12, .max = 20, .zh = "查询码", .en = "the code; instead of number and tail"}
static const struct fq_param follow_params[] = {P_WHICH, {0}};
static const struct fq_param rate_params[] = {
    P_WHICH,
    {.name = "score", .type = FQ_T_INT, .required = true, .min = 1, .max = 5, .zh = "满意度 1 很不满意 … 5 很满意", .en = "1 very dissatisfied ... 5 very satisfied"},
    {.name = "text", .type = FQ_T_STRING, .max = 500, .zh = "意见", .en = "in words"},
    {0}};
#define P_ID {.name = "id", .type = FQ_T_ID, .required = true, .zh = "事件编号", .en = "incident id"}
static const struct fq_param get_params[] = {P_ID, {0}};
static const struct fq_param reply_params[] = {
    P_ID,
    {.name = "text", .type = FQ_T_STRING, .required = true, .min = 1, .max = 1000, .zh = "回复,居民查询时看到", .en = "what the resident reads when he follows it"},
    {0}};
static const struct fq_param reveal_params[] = {
    P_ID,
    {.name = "reason", .type = FQ_T_STRING, .required = true, .min = 2, .max = 500, .zh = "为什么要看,记入日志", .en = "why; kept in the journal"},
    {0}};

static const struct fq_method methods[] = {
    {.name = "public.categories", .flags = FQ_PUBLIC, .query = pub_categories, .zh = "居民可上报的类别",
     .en = "what residents may report",
     .result = "{rows: [{code, zh, en, form?: {id, version: number, zh, en, fields: [{id, kind, zh, en, "
               "required?: boolean, options?: [{value, zh, en}], when?: {field, is: any}, unit?, min?: number, max?: number}]}}], county?, hotline?, photos: number, photo_bytes: number}"},
    {.name = "public.ticket", .flags = FQ_PUBLIC | FQ_SECRET, .params = ticket_params, .run = pub_ticket,
     .zh = "取一张照片的上传凭证", .en = "a ticket to upload one picture to /api/v1/blobs", .result = "{ticket, until}"},
    {.name = "public.report", .flags = FQ_PUBLIC, .params = report_params, .run = pub_report_run,
     .zh = "居民上报", .en = "a resident's report", .result = "{number: number, code}"},
    {.name = "public.follow", .flags = FQ_PUBLIC | FQ_SECRET, .params = follow_params, .run = pub_follow,
     .zh = "居民查询进度", .en = "what became of a report",
     .result = "{number: number, category: {code, zh, en}, title, at, stage, zh, en, together: boolean, steps: [{at, stage, zh, "
               "en, text?}], may_rate: boolean, score?: number}"},
    {.name = "public.rate", .flags = FQ_PUBLIC, .params = rate_params, .run = pub_rate,
     .zh = "居民评价,办结后一次", .en = "rate what was done, once, after closing", .result = "{}"},
    {.name = "public.get", .roles = FQ_ROLE_DESK, .params = get_params, .query = pub_get,
     .zh = "居民上报的登记,姓名电话打码", .en = "who reported it, masked",
     .result = "{id, number: number, at, stage, name?, phone?, score?: number, revealed: number, replies: [{at, text}]}"},
    {.name = "public.reply", .roles = FQ_ROLE_DESK, .params = reply_params, .target = pub_target, .run = pub_reply,
     .zh = "回复居民", .en = "reply to the resident", .result = "{}"},
    {.name = "public.reveal", .roles = FQ_ROLE_DESK, .flags = FQ_SECRET, .params = reveal_params, .target = pub_target,
     .run = pub_reveal, .zh = "查看居民姓名电话,须写明理由", .en = "the resident's name and number, for a reason that is written down",
     .result = "{name?, phone?}"},
    {0},
};

static const struct fq_option options[] = {
    {.name = "categories", .type = FQ_O_STRING, FQ_OPTION_AT(struct pub, categories), .fallback = "",
     .zh = "居民可上报的类别代码,空格分隔;不填则全部", .en = "codes residents may report, separated by spaces; all when empty"},
    {.name = "hotline", .type = FQ_O_STRING, FQ_OPTION_AT(struct pub, hotline), .fallback = "12345",
     .zh = "页面上给出的非紧急电话", .en = "the telephone shown for what is no emergency"},
    {.name = "address_hour", .type = FQ_O_INT, FQ_OPTION_AT(struct pub, address_hour), .fallback = "30", .min = 1, .max = 100000,
     .zh = "一个网络地址每小时最多上报几次", .en = "reports an address may make in an hour"},
    {.name = "county_hour", .type = FQ_O_INT, FQ_OPTION_AT(struct pub, county_hour), .fallback = "600", .min = 1, .max = 1000000,
     .zh = "全县每小时最多上报几次", .en = "reports all of them together may make in an hour"},
    {.name = "phone_day", .type = FQ_O_INT, FQ_OPTION_AT(struct pub, phone_day), .fallback = "10", .min = 1, .max = 1000,
     .zh = "一个电话号码每天最多上报几次", .en = "reports a telephone number may make in a day"},
    {.name = "photo_max", .type = FQ_O_SIZE, FQ_OPTION_AT(struct pub, photo_max), .fallback = "3 MiB", .min = 65536, .max = 33554432,
     .zh = "一张照片最大", .en = "largest picture"},
    {.name = "photo_day", .type = FQ_O_SIZE, FQ_OPTION_AT(struct pub, photo_day), .fallback = "2 GiB", .min = 1048576, .max = 1e13,
     .zh = "全县每天照片总量", .en = "pictures a day, all together"},
    {.name = "tries", .type = FQ_O_INT, FQ_OPTION_AT(struct pub, tries), .fallback = "5", .min = 1, .max = 100,
     .zh = "手机尾号可输错几次", .en = "wrong digits before a report is locked"},
    {.name = "lock", .type = FQ_O_DURATION, FQ_OPTION_AT(struct pub, lock_ms), .fallback = "5 min", .min = 1000, .max = 86400000,
     .zh = "输错后锁多久,每错一次加倍", .en = "how long; each further mistake doubles it"},
    {0},
};
/* clang-format on */

static double read_refused(void *self) {
  return (double)((struct pub *)self)->refused;
}
static const struct fq_metric metrics[] = {
    {"fengqiao_public_refused_total", "residents' requests refused by a limit", true, read_refused}, {0}};

static enum fq_status init(void *self, fq_kernel *k, struct fq_error *e) {
  (void)e;
  ((struct pub *)self)->kernel = k;
  return FQ_OK;
}

/* clang-format off */
FQ_PLUGIN = {
    FQ_PLUGIN_HEAD, .name = "public", .version = "0.5.0", .zh = "居民上报", .en = "residents' reports",
    .migrations = pub_migrations, .kinds = kinds, .also_applies = also_applies, .methods = methods,
    .options = options, .self_bytes = sizeof(struct pub), .metrics = metrics, .init = init,
};
/* clang-format on */
