/*
 * The outbox as a module: what must leave the house. Rows are put by apply, sent by a plugin's channel on a
 * helper thread after the commit, and settled by an entry. Attempts and pauses are memory only: a restart
 * tries again. Kernel thread, but for the sending.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/internal.h"

#define IN_FLIGHT_MAX  16
#define PAUSE_FIRST_MS 1000
#define PAUSE_MOST_MS  300000

static const char *const migrations[] = {"CREATE TABLE outbox(key TEXT PRIMARY KEY, channel TEXT NOT NULL, "
                                         "payload TEXT NOT NULL, expires_ms INTEGER NOT NULL)"
                                         " WITHOUT ROWID;"
                                         "CREATE INDEX outbox_expires ON outbox(expires_ms);",
                                         NULL};

struct parcel {
  fq_kernel *kernel;
  char key[128], channel[FQ_ID_MAX];
  fq_json *payload;
  const struct fq_channel *via;
  void *via_self;
  int attempts;
  bool in_flight;
  int64_t next_try_ms, expires_ms;
  struct fq_error error;
  enum fq_status outcome;
};

struct outbox {
  struct fq_map *parcels; /* key -> struct parcel: what has been tried since the start */
  struct fq_alarm *alarm;
  int in_flight;
};

static const struct fq_channel *find(fq_kernel *k, const char *name, void **self) {
  for (size_t i = 0; i < k->module_count; i++)
    for (const struct fq_channel *c = k->modules[i].table->channels; c && c->name; c++)
      if (!strcmp(c->name, name)) return *self = k->modules[i].self, c;
  return NULL;
}

static void free_parcel(void *p) {
  fq_json_free(((struct parcel *)p)->payload);
  free(p);
}

static void settled(struct fq_request *r) {
  struct parcel *p = r->user;
  fq_kernel *k = p->kernel;
  if (r->error.status) { /* not written down: it stays in the table and is tried again */
    p->in_flight = false;
    p->next_try_ms = fq_clock_ms(&k->clock) + PAUSE_FIRST_MS;
  } else
    free_parcel(fq_map_take(&k->outbox->parcels, p->key));
  fq_json_free(r->params);
  fq_json_free(r->result);
  free(r);
}

static void settle(struct parcel *p, const char *outcome) {
  struct fq_request *r = fq_alloc(sizeof *r);
  fq_copy(r->method, sizeof r->method, "outbox.settle");
  r->params = fq_json_object();
  fq_json_set_str(r->params, "key", p->key);
  fq_json_set_str(r->params, "channel", p->channel);
  fq_json_set_str(r->params, "outcome", outcome);
  fq_json_set_int(r->params, "attempts", p->attempts);
  if (p->error.en[0]) fq_json_set_str(r->params, "detail", p->error.en);
  r->user = p;
  r->reply = settled;
  p->in_flight = true; /* until it is written down */
  fq_submit_system(p->kernel, r);
}

static void send_work(void *context, void *arg) {
  struct parcel *p = arg;
  p->error = (struct fq_error){0};
  p->outcome = p->via->send(p->via_self, p->key, p->payload, &p->error);
}

static void send_done(void *arg) {
  struct parcel *p = arg;
  fq_kernel *k = p->kernel;
  k->outbox->in_flight--;
  p->in_flight = false;
  if (!p->outcome)
    settle(p, "delivered");
  else {
    int64_t pause = PAUSE_FIRST_MS << (p->attempts > 9 ? 9 : p->attempts - 1);
    p->next_try_ms = fq_clock_ms(&k->clock) + (pause > PAUSE_MOST_MS ? PAUSE_MOST_MS : pause);
    fq_log(FQ_LOG_WARN, "outbox %s %s: attempt %d: %s", p->channel, p->key, p->attempts, p->error.en);
  }
  fq_outbox_pump(k);
}

static struct parcel *parcel_for(fq_kernel *k, fq_stmt *q) {
  struct parcel *p = fq_map_get(k->outbox->parcels, fq_col_str(q, 0));
  if (p) return p;
  const char *payload = fq_col_str(q, 2);
  p = fq_alloc(sizeof *p);
  p->kernel = k;
  fq_copy(p->key, sizeof p->key, fq_col_str(q, 0));
  fq_copy(p->channel, sizeof p->channel, fq_col_str(q, 1));
  p->payload = fq_json_parse(payload, strlen(payload), NULL);
  p->expires_ms = fq_col_int(q, 3);
  fq_map_put(&k->outbox->parcels, p->key, p);
  return p;
}

void fq_outbox_pump(fq_kernel *k) {
  int64_t now = fq_clock_ms(&k->clock), soonest = now + PAUSE_MOST_MS;
  bool any = false;
  fq_stmt *q =
      fq_sql(k->db, "SELECT key, channel, payload, expires_ms FROM outbox ORDER BY expires_ms LIMIT 256", "");
  struct parcel *dead[64];
  int dead_count = 0;
  while (fq_row(q)) {
    struct parcel *p = parcel_for(k, q);
    any = true;
    if (p->in_flight) continue;
    if (p->expires_ms <= now) {
      if (dead_count < 64) dead[dead_count++] = p;
      continue;
    }
    if (p->next_try_ms <= now && k->outbox->in_flight < IN_FLIGHT_MAX && k->helpers &&
        (p->via = find(k, p->channel, &p->via_self))) {
      p->in_flight = true;
      p->attempts++;
      k->outbox->in_flight++;
      fq_pool_add(k->helpers, send_work, send_done, p);
    }
    int64_t next = p->in_flight || !p->via ? p->expires_ms : p->next_try_ms;
    if (next < soonest) soonest = next;
  }
  fq_db_clear(k->db);
  for (int i = 0; i < dead_count; i++)
    settle(dead[i], "expired");
  if (any) fq_alarm_in(k->outbox->alarm, soonest - now > 0 ? soonest - now : 1);
}

static void again(void *arg) {
  fq_outbox_pump(arg);
}

static enum fq_status apply_settled(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "DELETE FROM outbox WHERE key = ?", "s", fq_json_str(e->data, "key"));
  return FQ_OK;
}

static enum fq_status settle_command(struct fq_call *c) {
  return fq_emit(c, (struct fq_draft){.kind = "outbox.settled", .data = fq_json_dup(c->params)});
}

/* -- for the administrator: what waits, why, and what can be done about it. What was tried is known on the
 * kernel thread alone, so the list is made there. */

int fq_outbox_failing(fq_kernel *k) {
  int n = 0;
  for (struct fq_map *i = k->outbox ? k->outbox->parcels : NULL; i; i = fq_map_next(i))
    n += ((struct parcel *)fq_map_value(i))->error.status != FQ_OK;
  return n;
}

static void set_tries(fq_json *o, const struct parcel *p) {
  fq_json_set_int(o, "attempts", p->attempts);
  if (p->in_flight) fq_json_set_bool(o, "sending", true);
  if (!p->error.status) return;
  fq_json_set_str(o, "zh", p->error.zh);
  fq_json_set_str(o, "en", p->error.en);
  fq_json_set_time(o, "next_try", p->next_try_ms);
}

static fq_json *channels(fq_kernel *k, fq_db *db) {
  fq_json *rows = fq_json_array();
  void *self;
  fq_stmt *s =
      fq_sql(db, "SELECT channel, count(*), min(expires_ms) FROM outbox GROUP BY channel ORDER BY 1", "");
  while (fq_row(s)) {
    fq_json *o = fq_json_object();
    fq_json_set_str(o, "channel", fq_col_str(s, 0));
    fq_json_set_int(o, "waiting", fq_col_int(s, 1));
    fq_json_set_time(o, "first_expires", fq_col_int(s, 2));
    fq_json_set_bool(o, "ready", find(k, fq_col_str(s, 0), &self) != NULL);
    fq_json_push(rows, o);
  }
  /* Those with nothing to send are ways out as well. */
  for (size_t i = 0; i < k->module_count; i++)
    for (const struct fq_channel *c = k->modules[i].table->channels; c && c->name; c++) {
      bool there = false;
      fq_json_each(r, rows) there |= !strcmp(fq_json_str(r, "channel"), c->name);
      if (there) continue;
      fq_json *o = fq_json_object();
      fq_json_set_str(o, "channel", c->name);
      fq_json_set_int(o, "waiting", 0);
      fq_json_set_bool(o, "ready", true);
      fq_json_push(rows, o);
    }
  return rows;
}

static enum fq_status list(struct fq_query *q) {
  fq_kernel *k = q->self;
  fq_json *rows = fq_json_array();
  int64_t limit = fq_json_int(q->params, "limit", 100);
  const char *after = fq_json_str(q->params, "after");
  fq_stmt *s = fq_sql(
      q->db,
      "SELECT key, channel, expires_ms FROM outbox WHERE (?1 IS NULL OR channel = ?1) AND (?2 IS NULL"
      " OR (expires_ms, key) > (SELECT expires_ms, key FROM outbox WHERE key = ?2)) ORDER BY expires_ms,"
      " key LIMIT ?3",
      "ssi", fq_json_str(q->params, "channel"), after, limit + 1);
  while (fq_row(s)) {
    if ((int64_t)fq_json_size(rows) == limit) {
      const fq_json *last = NULL;
      fq_json_each(r, rows) last = r;
      fq_json_set_str(q->result, "next", fq_json_str(last, "key"));
      fq_done(s);
      break;
    }
    fq_json *o = fq_json_object();
    fq_json_set_str(o, "key", fq_col_str(s, 0));
    fq_json_set_str(o, "channel", fq_col_str(s, 1));
    fq_json_set_time(o, "expires", fq_col_int(s, 2));
    const struct parcel *p = k->outbox ? fq_map_get(k->outbox->parcels, fq_col_str(s, 0)) : NULL;
    if (p) set_tries(o, p);
    fq_json_push(rows, o);
  }
  fq_json_set(q->result, "rows", rows);
  fq_json_set(q->result, "channels", channels(k, q->db));
  return FQ_OK;
}

static enum fq_status waits(struct fq_call *c, const char *key, char channel[FQ_ID_MAX]) {
  fq_stmt *s = fq_sql(c->db, "SELECT channel FROM outbox WHERE key = ?", "s", key);
  if (!fq_row(s))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "outbox.unknown", "params.key", "没有待发的 %s,可能已经发出",
                   "nothing waits under %s: it may have left", key);
  fq_copy(channel, FQ_ID_MAX, fq_col_str(s, 0));
  fq_done(s);
  return FQ_OK;
}

/* Pauses are memory only, and an attempt too many does no harm: so it is done here, not after the commit. */
static enum fq_status retry(struct fq_call *c) {
  fq_kernel *k = c->tick->kernel;
  const char *key = fq_json_str(c->params, "key"), *channel = fq_json_str(c->params, "channel");
  char of[FQ_ID_MAX];
  enum fq_status st = key ? waits(c, key, of) : FQ_OK;
  if (st) return st;
  int64_t n = fq_int(
      c->db, 0, "SELECT count(*) FROM outbox WHERE (?1 IS NULL OR key = ?1) AND (?2 IS NULL OR channel = ?2)",
      "ss", key, channel);
  for (struct fq_map *i = k->outbox ? k->outbox->parcels : NULL; i; i = fq_map_next(i)) {
    struct parcel *p = fq_map_value(i);
    if ((key && strcmp(p->key, key)) || (channel && strcmp(p->channel, channel)) || p->in_flight) continue;
    p->next_try_ms = 0;
    p->attempts = 0; /* and its pauses begin small again */
  }
  fq_json *data = fq_json_object();
  if (key) fq_json_set_str(data, "key", key);
  if (channel) fq_json_set_str(data, "channel", channel);
  fq_json_set_int(data, "count", n);
  fq_json_set_int(c->result, "count", n);
  return fq_emit(c, (struct fq_draft){.kind = "outbox.retried", .data = data});
}

static enum fq_status drop(struct fq_call *c) {
  fq_kernel *k = c->tick->kernel;
  const char *key = fq_json_str(c->params, "key");
  char channel[FQ_ID_MAX];
  enum fq_status st = waits(c, key, channel);
  if (st) return st;
  struct parcel *p = k->outbox ? fq_map_get(k->outbox->parcels, key) : NULL;
  if (p && p->in_flight)
    return fq_fail(c->error, FQ_E_CONFLICT, "outbox.sending", "params.key", "正在发送,此刻不能撤下",
                   "it is being sent this moment");
  if (p) free_parcel(fq_map_take(&k->outbox->parcels, key));
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "key", key);
  fq_json_set_str(data, "channel", channel);
  fq_json_set_str(data, "outcome", "dropped");
  fq_json_set_str(data, "detail", fq_json_str(c->params, "reason"));
  return fq_emit(c, (struct fq_draft){.kind = "outbox.settled", .data = data});
}

static enum fq_status apply_retried(struct fq_apply *a, const struct fq_entry *e) {
  return FQ_OK;
}
static enum fq_status whole_county(struct fq_call *c, struct fq_target *t) {
  t->org[0] = '\0';
  return FQ_OK;
}

static const struct fq_kind kinds[] = {{.name = "outbox.settled",
                                        .apply = apply_settled,
                                        .roles = FQ_ROLE_ADMIN_SYSTEM,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "外发了结",
                                        .en = "an outgoing message was delivered or given up"},
                                       {.name = "outbox.retried",
                                        .apply = apply_retried,
                                        .roles = FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "重新外发",
                                        .en = "outgoing messages are tried again at once"},
                                       {0}};
static const struct fq_param settle_params[] = {
    {.name = "key", .type = FQ_T_STRING, .required = true},
    {.name = "channel", .type = FQ_T_STRING},
    {.name = "outcome", .type = FQ_T_ENUM, .values = "delivered expired", .required = true},
    {.name = "attempts", .type = FQ_T_INT},
    {.name = "detail", .type = FQ_T_STRING},
    {0}};
static const struct fq_param list_params[] = {
    {.name = "channel", .type = FQ_T_ID, .zh = "渠道", .en = "one channel"},
    {.name = "after", .type = FQ_T_STRING, .max = 127, .zh = "续页", .en = "`next` of the page before"},
    {.name = "limit", .type = FQ_T_INT, .min = 1, .max = 500, .zh = "条数", .en = "rows"},
    {0}};
static const struct fq_param retry_params[] = {
    {.name = "key",
     .type = FQ_T_STRING,
     .min = 1,
     .max = 127,
     .zh = "一条;不写则全部",
     .en = "one; all when left out"},
    {.name = "channel", .type = FQ_T_ID, .zh = "一个渠道的", .en = "those of one channel"},
    {0}};
static const struct fq_param drop_params[] = {{.name = "key",
                                               .type = FQ_T_STRING,
                                               .required = true,
                                               .min = 1,
                                               .max = 127,
                                               .zh = "哪一条",
                                               .en = "which"},
                                              {.name = "reason",
                                               .type = FQ_T_STRING,
                                               .required = true,
                                               .min = 2,
                                               .max = 200,
                                               .zh = "理由",
                                               .en = "why"},
                                              {0}};
static const struct fq_method methods[] = {
    {.name = "outbox.settle",
     .flags = FQ_INTERNAL,
     .params = settle_params,
     .run = settle_command,
     .zh = "外发了结",
     .en = "settle an outgoing message"},
    {.name = "outbox.list",
     .roles = FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT,
     .flags = FQ_LIVE,
     .params = list_params,
     .query = list,
     .zh = "待发消息",
     .en = "messages waiting to leave, and why they have not",
     .result = "{rows: [{key, channel, expires, attempts?: number, sending?: "
               "boolean, zh?, en?, next_try?}], channels: [{channel, waiting: "
               "number, first_expires?, ready: boolean}], next?}"},
    {.name = "outbox.retry",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = retry_params,
     .target = whole_county,
     .run = retry,
     .zh = "立即重发",
     .en = "tries again at once, without waiting for the next pause to end",
     .result = "{count: number, n: number}"},
    {.name = "outbox.drop",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = drop_params,
     .target = whole_county,
     .run = drop,
     .zh = "撤下不发",
     .en = "gives a message up",
     .result = "{n: number}"},
    {0}};

static enum fq_status start(void *self, fq_kernel *k, struct fq_error *e) {
  k->outbox = fq_alloc(sizeof *k->outbox);
  k->outbox->alarm = fq_alarm_new(k->loop, again, k);
  fq_alarm_in(k->outbox->alarm, 0);
  return FQ_OK;
}

static void fini(void *self) {
  fq_kernel *k = self;
  if (!k->outbox) return;
  fq_alarm_free(k->outbox->alarm);
  fq_map_clear(&k->outbox->parcels, free_parcel);
  free(k->outbox);
  k->outbox = NULL;
}

const struct fq_plugin fq_outbox_module = {
    FQ_PLUGIN_HEAD,           .name = "outbox", .version = "1",     .zh = "外发",   .en = "outbox",
    .migrations = migrations, .kinds = kinds,   .methods = methods, .start = start, .fini = fini};
