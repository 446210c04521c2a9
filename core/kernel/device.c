/*
 * Devices as a module: which terminals have signed in, which are here now, and which may not come back. What
 * is known of a device for good stands in entries; who is connected only the kernel thread knows, so the list
 * is made on it. Kernel thread.
 */
#include "kernel/device.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/internal.h"

static const char *const migrations[] = {"CREATE TABLE device(device TEXT NOT NULL, user TEXT NOT NULL, "
                                         "first_ms INTEGER NOT NULL, last_ms INTEGER NOT"
                                         " NULL, PRIMARY KEY(device, user)) WITHOUT ROWID;"
                                         "CREATE INDEX device_user ON device(user);"
                                         "CREATE TABLE device_block(device TEXT PRIMARY KEY, reason TEXT NOT "
                                         "NULL, actor TEXT NOT NULL, at_ms INTEGER"
                                         " NOT NULL) WITHOUT ROWID;",
                                         NULL};

bool fq_device_blocked(fq_db *db, const char *device) {
  return device && *device && fq_int(db, 0, "SELECT 1 FROM device_block WHERE device = ?", "s", device);
}

enum fq_status fq_device_refused(struct fq_error *e) {
  return fq_fail(e, FQ_E_FORBIDDEN, "device.blocked", "params.device", "此终端已被停用,请联系管理员",
                 "this device is blocked: ask an administrator");
}

/* -- apply */

static enum fq_status apply_signed_in(struct fq_apply *a, const struct fq_entry *e) {
  const char *device = fq_json_str(e->data, "device");
  if (device && *device)
    fq_exec(
        a->db,
        "INSERT INTO device(device, user, first_ms, last_ms) VALUES(?1,?2,?3,?3) ON CONFLICT(device, user) DO"
        " UPDATE SET last_ms = ?3",
        "ssi", device, e->subject, e->at_ms);
  return FQ_OK;
}

static enum fq_status apply_blocked(struct fq_apply *a, const struct fq_entry *e) {
  const char *device = fq_json_str(e->data, "device");
  fq_exec(a->db, "INSERT OR REPLACE INTO device_block(device, reason, actor, at_ms) VALUES(?,?,?,?)", "sssi",
          device, fq_json_str(e->data, "reason"), e->actor, e->at_ms);
  fq_exec(a->db, "DELETE FROM token WHERE device = ?", "s", device);
  return FQ_OK;
}

static enum fq_status apply_allowed(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "DELETE FROM device_block WHERE device = ?", "s", fq_json_str(e->data, "device"));
  return FQ_OK;
}

void fq_device_committed(fq_kernel *k, const struct fq_entry *e) {
  if (strcmp(e->kind, "device.blocked")) return;
  const char *device = fq_json_str(e->data, "device");
  for (struct fq_session *s = k->sessions, *next; s; s = next) {
    next = s->next;
    if (!strcmp(s->device, device)) fq_session_end(k, s, 4001, "this device is blocked");
  }
}

/* -- commands */

static enum fq_status known(struct fq_call *c, const char *device) {
  if (fq_int(c->db, 0, "SELECT 1 FROM device WHERE device = ? LIMIT 1", "s", device)) return FQ_OK;
  return fq_fail(c->error, FQ_E_NOT_FOUND, "device.unknown", "params.device", "没有终端 %s", "no device %s",
                 device);
}

static enum fq_status emit(struct fq_call *c, const char *kind) {
  return fq_emit(c, (struct fq_draft){.kind = kind, .data = fq_json_dup(c->params)});
}

static enum fq_status block(struct fq_call *c) {
  const char *device = fq_json_str(c->params, "device");
  enum fq_status st = known(c, device);
  if (st) return st;
  if (fq_device_blocked(c->db, device))
    return fq_fail(c->error, FQ_E_CONFLICT, "device.blocked", "params.device", "此终端已经停用",
                   "this device is blocked already");
  return emit(c, "device.blocked");
}

static enum fq_status allow(struct fq_call *c) {
  if (fq_device_blocked(c->db, fq_json_str(c->params, "device"))) return emit(c, "device.allowed");
  return fq_fail(c->error, FQ_E_CONFLICT, "device.not_blocked", "params.device", "此终端没有停用",
                 "this device is not blocked");
}

/* -- the list */

static const struct fq_session *session_of(fq_kernel *k, const char *user, const char *device) {
  for (struct fq_session *s = fq_map_get(k->by_user, user); s; s = s->next_of_user)
    if (!strcmp(s->device, device)) return s;
  return NULL;
}

static fq_json *row_json(fq_kernel *k, fq_stmt *s) {
  static const char *const texts[] = {"device", "user", "display", "org"};
  fq_json *o = fq_json_object();
  for (int i = 0; i < 4; i++)
    if (!fq_col_null(s, i)) fq_json_set_str(o, texts[i], fq_col_str(s, i));
  fq_json_set_time(o, "first_at", fq_col_int(s, 4));
  fq_json_set_time(o, "last_at", fq_col_int(s, 5));
  if (!fq_col_null(s, 6)) {
    fq_json *b = fq_json_object();
    fq_json_set_str(b, "reason", fq_col_str(s, 6));
    fq_json_set_str(b, "by", fq_col_str(s, 7));
    fq_json_set_time(b, "at", fq_col_int(s, 8));
    fq_json_set(o, "blocked", b);
  }
  const struct fq_session *here = session_of(k, fq_col_str(s, 1), fq_col_str(s, 0));
  fq_json_set_bool(o, "online", here != NULL);
  if (here) {
    fq_json_set_time(o, "since", here->since_ms);
    if (here->version[0]) fq_json_set_str(o, "version", here->version);
    if (here->told_clock) fq_json_set_int(o, "skew_ms", here->skew_ms);
  }
  return o;
}

static enum fq_status list(struct fq_query *q) {
  fq_kernel *k = q->self;
  const char *after = fq_json_str(q->params, "after"), *state = fq_json_str(q->params, "state");
  int64_t limit = fq_json_int(q->params, "limit", 100);
  bool online = state && !strcmp(state, "online"), blocked = state && !strcmp(state, "blocked");
  char next[FQ_ID_MAX + 81] = "";
  fq_json *rows = fq_json_array();
  /* After the last row of the page before: its user, then its device. */
  fq_stmt *s =
      fq_sql(q->db,
             "SELECT d.device, d.user, a.display, a.org, d.first_ms, d.last_ms, b.reason, b.actor, b.at_ms "
             "FROM device d"
             " LEFT JOIN account a ON a.name = d.user LEFT JOIN device_block b ON b.device = d.device"
             " WHERE d.user || ' ' || d.device > ?1 AND (?2 IS NULL OR instr(lower(d.user || ' ' || d.device "
             "|| ' ' ||"
             " coalesce(a.display, '')), lower(?2))) AND (?3 = 0 OR b.device IS NOT NULL) ORDER BY d.user || "
             "' ' || d.device",
             "ssi", after ? after : "", fq_json_str(q->params, "text"), (int64_t)blocked);
  while (fq_row(s)) {
    if (online && !session_of(k, fq_col_str(s, 1), fq_col_str(s, 0))) continue;
    if ((int64_t)fq_json_size(rows) == limit) {
      fq_json_set_str(q->result, "next", next);
      fq_done(s);
      break;
    }
    fq_json_push(rows, row_json(k, s));
    snprintf(next, sizeof next, "%s %s", fq_col_str(s, 1), fq_col_str(s, 0));
  }
  int64_t here = 0;
  for (const struct fq_session *x = k->sessions; x; x = x->next)
    here++;
  fq_json_set(q->result, "rows", rows);
  fq_json_set_int(q->result, "online", here);
  return FQ_OK;
}

/* -- what there is */

static enum fq_status whole_county(struct fq_call *c, struct fq_target *t) {
  t->org[0] = '\0';
  return FQ_OK;
}

#define KEEPERS (FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_SECURITY)
static const struct fq_kind kinds[] = {{.name = "device.blocked",
                                        .apply = apply_blocked,
                                        .roles = KEEPERS | FQ_ROLE_ADMIN_AUDIT,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "终端停用",
                                        .en = "a device was blocked"},
                                       {.name = "device.allowed",
                                        .apply = apply_allowed,
                                        .roles = KEEPERS | FQ_ROLE_ADMIN_AUDIT,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "终端恢复",
                                        .en = "a device is allowed again"},
                                       {0}};
static const struct fq_kind also_applies[] = {{.name = "account.signed_in", .apply = apply_signed_in}, {0}};

#define P_DEVICE                                                                                             \
  {                                                                                                          \
    .name = "device", .type = FQ_T_STRING, .required = true, .min = 1, .max = 79, .zh = "终端",              \
    .en = "the device"                                                                                       \
  }
static const struct fq_param block_params[] = {P_DEVICE,
                                               {.name = "reason",
                                                .type = FQ_T_STRING,
                                                .required = true,
                                                .min = 2,
                                                .max = 200,
                                                .zh = "理由,如“手机丢失”",
                                                .en = "why, e.g. the phone was lost"},
                                               {0}};
static const struct fq_param allow_params[] = {P_DEVICE, {0}};
static const struct fq_param list_params[] = {
    {.name = "text",
     .type = FQ_T_STRING,
     .max = 80,
     .zh = "账号、姓名或终端",
     .en = "account, name or device"},
    {.name = "state",
     .type = FQ_T_ENUM,
     .values = "online blocked",
     .zh = "只要在线的、停用的",
     .en = "these alone"},
    {.name = "after", .type = FQ_T_STRING, .max = 150, .zh = "续页", .en = "`next` of the page before"},
    {.name = "limit", .type = FQ_T_INT, .min = 1, .max = 200, .zh = "条数", .en = "rows"},
    {0}};
static const struct fq_method methods[] = {
    {.name = "device.list",
     .roles = KEEPERS | FQ_ROLE_ADMIN_AUDIT,
     .flags = FQ_LIVE,
     .params = list_params,
     .query = list,
     .zh = "终端",
     .en = "terminals that have signed in, and which are here now",
     .result = "{rows: [{device, user, display?, org?, first_at, last_at, online: boolean, since?, version?, "
               "skew_ms?: "
               "number, blocked?: {reason, by, at}}], online: number, next?}"},
    {.name = "device.block",
     .roles = KEEPERS,
     .params = block_params,
     .target = whole_county,
     .run = block,
     .zh = "停用终端",
     .en = "signs it out at once and lets nobody sign in on it",
     .result = "{n: number}"},
    {.name = "device.allow",
     .roles = KEEPERS,
     .params = allow_params,
     .target = whole_county,
     .run = allow,
     .zh = "恢复终端",
     .en = "may sign in again",
     .result = "{n: number}"},
    {0}};

const struct fq_plugin fq_device_module = {
    FQ_PLUGIN_HEAD,    .name = "device",         .version = "1", .zh = "终端",
    .en = "devices",   .migrations = migrations, .kinds = kinds, .also_applies = also_applies,
    .methods = methods};
