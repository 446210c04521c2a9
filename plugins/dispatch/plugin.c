/*
 * plugin.c - the table of contents of the dispatch plugin: its first tables, its options, its parts. Each
 * part is a folder with a part.c of its own, which lists kinds, methods, views and later tables. Kernel
 * thread.
 */
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "projection/projection.h"

/* Generated from words/. */
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

static const struct fq_option options[] = {
    {.name = "position_fresh",
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
    {.name = "receipt_within",
     .type = FQ_O_DURATION,
     FQ_OPTION_AT(struct dp_self, receipt_ms),
     .fallback = "2 min",
     .min = 0,
     .max = 86400000,
     .reloadable = true,
     .zh = "派单多久未送达即告知调度;0 为不告知",
     .en = "an order not delivered by then is told to the desk; 0: never"},
    {.name = "officer_whistle",
     .type = FQ_O_BOOL,
     FQ_OPTION_AT(struct dp_self, officer_whistle),
     .fallback = "false",
     .reloadable = true,
     .zh = "网格员可为自己的事件吹哨",
     .en = "may a grid officer blow the whistle for his own incidents"},
    {.name = "duplicate_metres",
     .type = FQ_O_INT,
     FQ_OPTION_AT(struct dp_self, dup_m),
     .fallback = "300",
     .min = 10,
     .max = 400,
     .zh = "相距多远以内可能是同一件事",
     .en = "how far apart two reports of one thing may be, in metres"},
    {.name = "duplicate_window",
     .type = FQ_O_DURATION,
     FQ_OPTION_AT(struct dp_self, dup_ms),
     .fallback = "720 min",
     .min = 60000,
     .max = 30 * 86400000.0,
     .zh = "相隔多久以内可能是同一件事",
     .en = "how long apart two reports of one thing may be"},
    {.name = "duplicate_score",
     .type = FQ_O_INT,
     FQ_OPTION_AT(struct dp_self, dup_score),
     .fallback = "75",
     .min = 50,
     .max = 101,
     .zh = "疑似重复达到多少分时提示(101:从不)",
     .en = "from which score a likely duplicate is told (101: never)"},
    {.name = "panic_ring",
     .type = FQ_O_DURATION,
     FQ_OPTION_AT(struct dp_self, panic_ring_ms),
     .fallback = "30 s",
     .min = 1000,
     .max = 3600000,
     .reloadable = true,
     .zh = "报警无人应答时隔多久再响",
     .en = "an alarm that nobody has answered rings again after"},
    {.name = "panic_rounds",
     .type = FQ_O_INT,
     FQ_OPTION_AT(struct dp_self, panic_rounds),
     .fallback = "2",
     .min = 1,
     .max = 20,
     .reloadable = true,
     .zh = "响几轮无人应答即升一级",
     .en = "an alarm that nobody comes to climbs after so many rounds"},
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
  d->staff = dp_staff_new();
  return FQ_OK;
}

static void fini(void *self) {
  struct dp_self *d = self;
  dp_staff_free(d->staff);
  dp_positions_free(d->positions);
  dp_calendars_free(d->calendars);
  d->positions = NULL;
  d->staff = NULL;
  d->calendars = NULL;
}

static const struct fq_plugin *const parts[] = {&dp_incident_part,
                                                &dp_task_part,
                                                &dp_clock_part,
                                                &dp_people_part,
                                                &dp_request_part,
                                                &dp_countersign_part,
                                                &dp_stats_part,
                                                &dp_whistle_part,
                                                &dp_mediation_part,
                                                &dp_joint_part,
                                                &dp_emergency_part,
                                                &dp_supervise_part,
                                                &dp_merge_part,
                                                &dp_search_part,
                                                &dp_form_part,
                                                &dp_panic_part,
                                                NULL};

const struct fq_kind *dp_kind(const char *name) {
  for (const struct fq_plugin *const *p = parts; *p; p++)
    for (const struct fq_kind *k = (*p)->kinds; k && k->name; k++)
      if (!strcmp(k->name, name)) return k;
  return NULL;
}

FQ_PLUGIN = {
    FQ_PLUGIN_HEAD,
    .name = "dispatch",
    .version = DP_VERSION,
    .zh = "事件、任务、时钟、上报阶梯",
    .en = "incidents, tasks, clocks, the ladder",
    .migrations = migrations,
    .context = dp_context,
    .lua = words,
    .options = options,
    .self_bytes = sizeof(struct dp_self),
    .metrics = metrics,
    .init = init,
    .fini = fini,
    .parts = parts,
    .proof = &dp_proof_model,
    .projection = &pj_model,
    .alive = dp_alive,
};
