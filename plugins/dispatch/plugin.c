/*
 * plugin.c - the table of contents of the dispatch plugin: its tables, entry kinds, methods, views, options.
 * What they do is one file a noun or verb beside this one. Kernel thread.
 */
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "schema.h"

/* Generated from words.lua. */
static const char words[] =
#include "plugins/dispatch/words.lua.inc"
    ;

/* Keys are journal numbers, so the big tables and their indexes grow at their end. What is not append-local
 * is partial: open work only, which is small. */
static const char *const migrations[] = {
    "CREATE TABLE incident("
    " n INTEGER PRIMARY KEY, number INTEGER NOT NULL, rev INTEGER NOT NULL, round INTEGER NOT NULL DEFAULT 0,"
    " state TEXT NOT NULL, before TEXT, category TEXT NOT NULL, level INTEGER NOT NULL, title TEXT NOT NULL,"
    " text TEXT, lon REAL, lat REAL, acc REAL, org TEXT NOT NULL, path TEXT NOT NULL, township TEXT NOT NULL,"
    " address TEXT, reporter TEXT NOT NULL, source TEXT NOT NULL, external_id TEXT, owner_level TEXT NOT "
    "NULL,"
    " owner_org TEXT NOT NULL, card TEXT, class TEXT, urges INTEGER NOT NULL DEFAULT 0, attachments TEXT,"
    " clock_skew INTEGER NOT NULL DEFAULT 0, occurred_ms INTEGER NOT NULL, reported_ms INTEGER NOT NULL,"
    " accepted_ms INTEGER, dispatched_ms INTEGER, handled_ms INTEGER, verified_ms INTEGER, closed_ms INTEGER,"
    " ended_ms INTEGER, updated_ms INTEGER NOT NULL);"
    "CREATE INDEX incident_township ON incident(township, n);"
    "CREATE INDEX incident_open ON incident(township, n) WHERE ended_ms IS NULL;"
    "CREATE INDEX incident_open_n ON incident(n) WHERE ended_ms IS NULL;"
    "CREATE INDEX incident_open_reporter ON incident(reporter, n) WHERE ended_ms IS NULL;"
    "CREATE UNIQUE INDEX incident_external ON incident(source, external_id) WHERE external_id IS NOT NULL;"
    "CREATE TABLE task("
    " n INTEGER PRIMARY KEY, incident INTEGER NOT NULL, rev INTEGER NOT NULL, state TEXT NOT NULL, to_user "
    "TEXT,"
    " to_unit TEXT, to_team TEXT, name TEXT NOT NULL, note TEXT, reason TEXT, created_ms INTEGER NOT NULL,"
    " delivered_ms INTEGER, seen_ms INTEGER, accepted_ms INTEGER, arrived_ms INTEGER, fed_back_ms INTEGER,"
    " finished_ms INTEGER, expires_ms INTEGER, ended_ms INTEGER);"
    "CREATE INDEX task_incident ON task(incident, n);"
    "CREATE INDEX task_open_user ON task(to_user, n) WHERE ended_ms IS NULL AND to_user IS NOT NULL;"
    "CREATE INDEX task_open_unit ON task(to_unit, n) WHERE ended_ms IS NULL AND to_unit IS NOT NULL;"
    "CREATE INDEX task_open_team ON task(to_team, n) WHERE ended_ms IS NULL AND to_team IS NOT NULL;"
    "CREATE TABLE clock("
    " incident INTEGER NOT NULL, policy TEXT NOT NULL, name TEXT NOT NULL, to_milestone INTEGER NOT NULL,"
    " state TEXT NOT NULL, from_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL, limit_ms INTEGER NOT NULL,"
    " warn TEXT, warned REAL NOT NULL, remaining_ms INTEGER, stopped_ms INTEGER,"
    " PRIMARY KEY(incident, policy, name)) WITHOUT ROWID;"
    "CREATE TABLE officer(user TEXT PRIMARY KEY, grid TEXT, skills TEXT NOT NULL, capacity INTEGER) WITHOUT "
    "ROWID;"
    "CREATE TABLE duty(user TEXT PRIMARY KEY, on_duty INTEGER NOT NULL, since_ms INTEGER NOT NULL) WITHOUT "
    "ROWID;"
    "CREATE TABLE dispatch_counter(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;",
    "ALTER TABLE clock ADD COLUMN title TEXT;", NULL};

/* Who hears it within their subtree. Officers and departments hear what is theirs, by audience. */
#define HEAR (FQ_ROLE_DESK | FQ_ROLE_SERVICE)
#define INCIDENT(verb, f, z, e)                                                                              \
  { "incident." verb, dp_apply_incident, HEAR, f, z, e }
#define TASK(verb, f, z, e)                                                                                  \
  { "task." verb, dp_apply_task, HEAR, f, z, e }
static const struct fq_kind kinds[] = {
    {"incident.reported", dp_apply_reported, HEAR, FQ_KIND_BEGINS, "事件上报", "incident reported"},
    INCIDENT("accepted", 0, "事件受理", "incident accepted"),
    INCIDENT("dispatched", 0, "事件派遣", "incident dispatched"),
    INCIDENT("returned", 0, "事件退回", "incident returned to its reporter"),
    INCIDENT("escalated", 0, "事件上报上级", "incident reported up the ladder"),
    INCIDENT("commented", 0, "批注", "comment"),
    INCIDENT("urged", 0, "催办", "incident urged"),
    INCIDENT("supervised", 0, "督办", "incident supervised"),
    INCIDENT("handled", 0, "处置完毕", "incident handled"),
    INCIDENT("verified", 0, "核查", "incident verified"),
    INCIDENT("closed", FQ_KIND_ENDS, "结案", "incident closed"),
    INCIDENT("reopened", 0, "重开", "incident reopened"),
    INCIDENT("suspended", 0, "挂起", "incident suspended"),
    INCIDENT("resumed", 0, "恢复", "incident resumed"),
    INCIDENT("recalled", 0, "撤回派遣", "dispatch recalled"),
    INCIDENT("voided", FQ_KIND_ENDS, "作废", "incident voided"),
    {"task.created", dp_apply_task_created, HEAR, 0, "任务下发", "task sent"},
    TASK("delivered", FQ_KIND_QUIET, "任务送达", "task delivered to the terminal"),
    TASK("seen", FQ_KIND_QUIET, "任务已查看", "task seen"),
    TASK("accepted", 0, "接单", "task accepted"),
    TASK("declined", 0, "拒单", "task declined"),
    TASK("arrived", 0, "到场", "arrived"),
    TASK("fed_back", 0, "反馈", "feedback"),
    TASK("finished", 0, "任务完成", "task finished"),
    TASK("recalled", 0, "任务撤回", "task recalled"),
    TASK("expired", 0, "任务失效", "task expired"),
    {"clock.started", dp_apply_clock_started, HEAR, 0, "开始计时", "clock started"},
    {"clock.warned", dp_apply_clock_warned, HEAR, 0, "将到期", "clock due soon"},
    {"clock.breached", dp_apply_clock_breached, HEAR, 0, "超期", "clock breached"},
    {"clock.stopped", dp_apply_clock_stopped, HEAR, 0, "停止计时", "clock stopped"},
    {"clock.paused", dp_apply_clock_paused, HEAR, 0, "暂停计时", "clock paused"},
    {"clock.resumed", dp_apply_clock_resumed, HEAR, 0, "恢复计时", "clock resumed"},
    {"officer.set", dp_apply_officer, HEAR | FQ_ROLE_ADMIN_SYSTEM, 0, "人员能力登记", "officer set"},
    {"duty.started", dp_apply_duty, HEAR, 0, "上岗", "on duty"},
    {"duty.ended", dp_apply_duty, HEAR, 0, "下岗", "off duty"},
    {0}};

/* Accounts and units are the server's; a change in either moves the roster of who could be sent. */
static const struct fq_kind also_applies[] = {{.name = "user.set", .apply = dp_apply_roster_moved},
                                              {.name = "user.disabled", .apply = dp_apply_roster_moved},
                                              {.name = "org.unit_set", .apply = dp_apply_roster_moved},
                                              {0}};

#define DESK  FQ_ROLE_DESK
#define RULE  FQ_ROLE_POLICY
#define FIELD (FQ_ROLE_OFFICER | FQ_ROLE_DEPARTMENT)
#define INC(verb, who, flags, schema, where, z, e)                                                           \
  { "incident." #verb, who, flags, schema, where, dp_incident_##verb, NULL, NULL, z, e, "{id, state, rev}" }
#define TSK(verb, schema, z, e)                                                                              \
  {                                                                                                          \
    "task." #verb, FIELD | DESK, 0, schema, dp_target_task, dp_task_##verb, NULL, NULL, z, e,                \
        "{id, state, rev}"                                                                                   \
  }
#define ASK(name, who, flags, schema, fn, z, e, result)                                                      \
  { name, who, flags, schema, NULL, NULL, fn, NULL, z, e, result }
#define READERS (FIELD | DESK | FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT | FQ_ROLE_SERVICE)
static const struct fq_method methods[] = {
    /* Anybody may report anything anywhere: what is seen across a border is not less on fire. */
    {"incident.report", FIELD | DESK | RULE | FQ_ROLE_SERVICE | FQ_ROLE_FAMILY, FQ_POLICY, report_params,
     NULL, dp_incident_report, NULL, NULL, "上报事件", "report an incident",
     "{id, number, grid, owner, dup?}"},
    INC(accept, DESK | RULE, FQ_POLICY, id_params, dp_target_desk, "受理", "accept an incident"),
    {"incident.dispatch", DESK | RULE, FQ_POLICY, dispatch_params, dp_target_desk, dp_incident_dispatch, NULL,
     NULL, "派遣", "send somebody", "{id, state, rev, tasks}"},
    INC(verify, DESK, 0, verify_params, dp_target_desk, "核查", "verify what was done"),
    INC(close, DESK, 0, close_params, dp_target_desk, "结案", "close a verified incident"),
    INC(return, DESK | RULE, FQ_POLICY, reason_params, dp_target_desk, "退回上报人",
              "return to the reporter"),
    INC(escalate, DESK | FIELD | RULE, FQ_POLICY, escalate_params, dp_target_involved, "上报上级",
        "report up the ladder; empty rungs are skipped"),
    INC(comment, DESK | FIELD | RULE, FQ_POLICY, comment_params, dp_target_involved, "批注", "comment"),
    INC(urge, DESK | FIELD | RULE, FQ_POLICY, urge_params, dp_target_involved, "催办", "urge"),
    INC(supervise, DESK | RULE, FQ_POLICY, supervise_params, dp_target_desk, "督办", "supervise with a card"),
    INC(suspend, DESK | RULE, FQ_POLICY, reason_params, dp_target_desk, "挂起", "suspend; clocks pause"),
    INC(resume, DESK | RULE, FQ_POLICY, id_params, dp_target_desk, "恢复", "resume; clocks go on"),
    INC(reopen, DESK, 0, reason_params, dp_target_desk, "重开", "reopen a closed or voided incident"),
    INC(recall, DESK, 0, recall_params, dp_target_desk, "撤回派遣",
        "withdraw orders nobody has accepted yet"),
    INC(void, DESK, 0, reason_params, dp_target_desk, "作废", "void a report that is none"),

    TSK(delivered, task_params, "送达回执", "the terminal has the task"),
    TSK(seen, task_params, "查看回执", "the assignee has seen the task"),
    TSK(accept, task_params, "接单", "accept a task"),
    TSK(decline, reason_params, "拒单", "decline a task"),
    TSK(arrive, arrive_params, "到场", "arrive at the place"),
    TSK(feedback, feedback_params, "反馈", "feed back what was found and done"),
    TSK(finish, task_params, "完成", "finish a task that has feedback"),
    {"task.expire", 0, FQ_INTERNAL, expire_params, NULL, dp_task_expire, NULL, NULL, "任务失效",
     "an order lapses", NULL},

    {"clock.start", RULE, FQ_POLICY, clock_params, dp_target_clock, dp_clock_start, NULL, NULL, "开始计时",
     "start a clock", "{state, due_at, dup?}"},
    {"clock.stop", DESK | RULE, FQ_POLICY, clock_name_params, dp_target_clock, dp_clock_stop, NULL, NULL,
     "停止计时", "stop a clock", "{}"},
    {"clock.pause", DESK | RULE, FQ_POLICY, clock_name_params, dp_target_clock, dp_clock_pause, NULL, NULL,
     "暂停计时", "pause a clock", "{}"},
    {"clock.resume", DESK | RULE, FQ_POLICY, clock_name_params, dp_target_clock, dp_clock_resume, NULL, NULL,
     "恢复计时", "resume a clock", "{}"},
    {"clock.warn", 0, FQ_INTERNAL, clock_timer_params, NULL, dp_clock_warn, NULL, NULL, "到预警点",
     "a warn point", NULL},
    {"clock.breach", 0, FQ_INTERNAL, clock_timer_params, NULL, dp_clock_breach, NULL, NULL, "到期",
     "the limit", NULL},

    {"officer.set", DESK | FQ_ROLE_ADMIN_SYSTEM, 0, officer_params, dp_target_user, dp_officer_set, NULL,
     NULL, "登记技能与容量", "set skills, capacity, grid", "{user}"},
    {"duty.start", DESK | FIELD | FQ_ROLE_ADMIN_SYSTEM, 0, duty_params, dp_target_user, dp_duty_start, NULL,
     NULL, "上岗", "sign on", "{user, on_duty}"},
    {"duty.end", DESK | FIELD | FQ_ROLE_ADMIN_SYSTEM, 0, duty_params, dp_target_user, dp_duty_end, NULL, NULL,
     "下岗", "sign off", "{user, on_duty}"},
    {"position.update", DESK | FIELD, 0, position_params, NULL, NULL, NULL, dp_position_update, "上报位置",
     "where I am", NULL},

    ASK("incident.get", READERS, 0, get_params, dp_incident_get, "事件详情", "one incident", "incident"),
    ASK("incident.list", READERS, 0, list_params, dp_incident_list, "事件列表", "incidents, newest first",
        "{rows, next?, head}"),
    ASK("incident.open", READERS, FQ_SNAPSHOT, NULL, dp_incident_open, "在办事件",
        "all open incidents in reach", "{rows}"),
    ASK("incident.candidates", DESK, 0, candidates_params, dp_incident_candidates, "派遣建议",
        "who could be sent, ranked, with reasons", "{rows, excluded}"),
    ASK("task.mine", FIELD | DESK, FQ_SNAPSHOT, NULL, dp_task_mine, "我的任务", "own open tasks", "{rows}"),
    ASK("clock.list", READERS, 0, clock_list_params, dp_clock_list, "时钟", "the clocks of an incident",
        "{rows}"),
    ASK("duty.list", DESK | FIELD | FQ_ROLE_ADMIN_SYSTEM, 0, duty_list_params, dp_duty_list, "值班与人员",
        "who is on duty; officers see themselves", "{rows}"),
    {0}};

static const struct fq_view_fn views[] = {
    {"incident", dp_view_incident, "id", "事件全貌,含任务与时钟", "an incident with tasks and clocks"},
    {"nearest_officer", dp_view_nearest_officer, "incident, {skill=, within_m=, exclude=}",
     "最近的在岗、未满负荷网格员;没有则为 nil",
     "the nearest officer on duty with capacity; nil when there is none"},
    {"candidates", dp_view_candidates, "incident, n", "前 n 名派遣人选及理由",
     "the best n to send, with reasons"},
    {"tasks", dp_view_tasks, "incident", "事件的任务", "the incident's tasks"},
    {"clocks", dp_view_clocks, "incident", "事件的时钟", "the incident's clocks"},
    {"owner", dp_view_owner, "incident", "现由哪一级负责", "who owns it: {level, org, name}"},
    {"rung_above", dp_view_rung_above, "incident[, level]", "上一级有人在岗的负责单位",
     "the next staffed rung above"},
    {"unit", dp_view_unit, "org", "机构", "a unit: {id, kind, name, parent, lon, lat}"},
    {"on_duty", dp_view_on_duty, "org[, role]", "该单位在岗人员", "who is on duty exactly at this unit"},
    {0}};

static const struct fq_option options[] = {{.name = "position_fresh",
                                            .type = FQ_O_DURATION,
                                            FQ_OPTION_AT(struct dp_self, position_fresh_ms),
                                            .fallback = "10 min",
                                            .min = 1000,
                                            .max = 86400000,
                                            .reloadable = true,
                                            .zh = "定位在多长时间内有效",
                                            .en = "how long a position counts"},
                                           {.name = "load_metres",
                                            .type = FQ_O_INT,
                                            FQ_OPTION_AT(struct dp_self, load_m),
                                            .fallback = "1500",
                                            .min = 0,
                                            .max = 100000,
                                            .reloadable = true,
                                            .zh = "每件在办任务折合多少米",
                                            .en = "what an open task weighs, in metres"},
                                           {.name = "unskilled_metres",
                                            .type = FQ_O_INT,
                                            FQ_OPTION_AT(struct dp_self, unskilled_m),
                                            .fallback = "20000",
                                            .min = 0,
                                            .max = 1000000,
                                            .reloadable = true,
                                            .zh = "缺少技能折合多少米",
                                            .en = "what a missing skill weighs, in metres"},
                                           {.name = "clock_ahead",
                                            .type = FQ_O_DURATION,
                                            FQ_OPTION_AT(struct dp_self, future_ms),
                                            .fallback = "5 min",
                                            .min = 0,
                                            .max = 86400000,
                                            .reloadable = true,
                                            .zh = "终端时钟可快多少",
                                            .en = "how far ahead a phone's clock may be"},
                                           {0}};

static double positions(void *self) {
  const struct dp_self *d = self;
  return d->positions ? (double)dp_positions_count(d->positions) : 0;
}

static const struct fq_metric metrics[] = {
    {"fengqiao_dispatch_positions", "Users whose position is known.", false, positions}, {0}};

static enum fq_status init(void *self, fq_kernel *k, struct fq_error *e) {
  struct dp_self *d = self;
  (void)k;
  (void)e;
  d->positions = dp_positions_new();
  return FQ_OK;
}

static void fini(void *self) {
  struct dp_self *d = self;
  dp_positions_free(d->positions);
  dp_roster_free(d->roster);
  d->positions = NULL;
  d->roster = NULL;
}

FQ_PLUGIN = {
    FQ_PLUGIN_HEAD,
    .name = "dispatch",
    .version = "0.1.0",
    .zh = "事件、任务、时钟、上报阶梯",
    .en = "incidents, tasks, clocks, the ladder",
    .migrations = migrations,
    .kinds = kinds,
    .also_applies = also_applies,
    .methods = methods,
    .views = views,
    .context = dp_context,
    .lua = words,
    .options = options,
    .self_bytes = sizeof(struct dp_self),
    .metrics = metrics,
    .init = init,
    .fini = fini,
};
