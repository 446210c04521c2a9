/*
 * skel: the smallest complete plugin. It keeps a book of greetings: who was greeted, where, until when.
 * Must not know any other plugin. Kernel thread; the query alone runs on a reader thread.
 */
#include <fengqiao.h>

#include <stdio.h>

struct skel {
  char greeting[64];
  int64_t keep_ms;
  int64_t count; /* since the server began: a metric, not a fact, so it lives here and not in a table */
};

/* ---- entries: the facts, and apply, which alone writes the table */

static enum fq_status apply_greeted(struct fq_apply *a, const struct fq_entry *e) {
  int64_t until_ms = fq_json_int(e->data, "until_ms", e->at_ms);
  fq_exec(a->db, "INSERT INTO skel_greeting(id, name, text, org, until_ms) VALUES(?1, ?2, ?3, ?4, ?5)",
          "ssssi", e->subject, fq_json_str(e->data, "name"), fq_json_str(e->data, "text"), e->org, until_ms);
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "id", e->subject);
  fq_timer_set(a, e->subject, until_ms, "skel.forget", e->subject, params);
  return FQ_OK;
}

static enum fq_status apply_forgotten(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "DELETE FROM skel_greeting WHERE id = ?1", "s", e->subject);
  return FQ_OK;
}

static const struct fq_kind kinds[] = {
    {"skel.greeted", apply_greeted, FQ_ROLE_DESK, FQ_KIND_BEGINS, "问候", "greeted"},
    {"skel.forgotten", apply_forgotten, FQ_ROLE_DESK, FQ_KIND_ENDS, "问候过期", "greeting forgotten"},
    {0},
};

/* ---- methods: a command, the command behind the timer, a query */

static enum fq_status target_greet(struct fq_call *c, struct fq_target *t) {
  struct fq_unit unit;
  const char *org = fq_json_str(c->params, "org");
  if (!fq_org_unit(c->db, org, &unit))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "org.unknown", "org", "没有单位 %s", "no unit %s", org);
  snprintf(t->org, sizeof t->org, "%s", org);
  return FQ_OK;
}

static enum fq_status run_greet(struct fq_call *c) {
  struct skel *self = c->self;
  const char *name = fq_json_str(c->params, "name");
  char id[FQ_ID_MAX], text[256];
  snprintf(id, sizeof id, "skel-%lld", (long long)fq_next_seq(c)); /* timers share one name space */
  snprintf(text, sizeof text, "%s,%s", self->greeting, name);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "name", name);
  fq_json_set_str(data, "text", text);
  fq_json_set_int(data, "until_ms", c->now_ms + self->keep_ms); /* apply may not ask an option or a clock */
  struct fq_draft d = {
      .kind = "skel.greeted", .subject = id, .org = fq_json_str(c->params, "org"), .data = data};
  enum fq_status st = fq_emit(c, d);
  if (st != FQ_OK) return st;
  self->count++;
  fq_json_set_str(c->result, "id", id);
  fq_json_set_str(c->result, "text", text);
  return FQ_OK;
}

static enum fq_status run_forget(struct fq_call *c) {
  const char *id = fq_json_str(c->params, "id");
  fq_stmt *s = fq_sql(c->db, "SELECT org FROM skel_greeting WHERE id = ?1", "s", id);
  if (!fq_row(s)) return FQ_OK; /* forgotten already: a timer may find nothing left to do */
  char org[FQ_ID_MAX];
  snprintf(org, sizeof org, "%s", fq_col_str(s, 0));
  fq_done(s);
  return fq_emit(c, (struct fq_draft){.kind = "skel.forgotten", .subject = id, .org = org});
}

static enum fq_status query_list(struct fq_query *q) {
  fq_json *rows = fq_json_array();
  fq_stmt *s = fq_sql(q->db, "SELECT id, text, org, until_ms FROM skel_greeting ORDER BY until_ms", "");
  while (fq_row(s)) {
    if (!q->actor->system && !fq_org_within(q->db, fq_col_str(s, 2), q->actor->org)) continue;
    fq_json *row = fq_json_object();
    fq_json_set_str(row, "id", fq_col_str(s, 0));
    fq_json_set_str(row, "text", fq_col_str(s, 1));
    fq_json_set_time(row, "until", fq_col_int(s, 3));
    fq_json_push(rows, row);
  }
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}

static const struct fq_param greet_params[] = {
    {.name = "name", .type = FQ_T_STRING, .required = true, .min = 1, .max = 40, .zh = "姓名", .en = "who"},
    {.name = "org", .type = FQ_T_ID, .required = true, .zh = "单位", .en = "where"},
    {0},
};
static const struct fq_param forget_params[] = {{.name = "id", .type = FQ_T_ID, .required = true}, {0}};

/* clang-format off */
static const struct fq_method methods[] = {
    {.name = "skel.greet", .zh = "问候", .en = "greet somebody", .result = "{id, text}",
     .roles = FQ_ROLE_DESK | FQ_ROLE_POLICY, .flags = FQ_POLICY, .params = greet_params,
     .target = target_greet, .run = run_greet},
    {.name = "skel.forget", .zh = "问候过期", .en = "a greeting's time is over",
     .flags = FQ_INTERNAL, .params = forget_params, .run = run_forget},
    {.name = "skel.list", .zh = "问候簿", .en = "the greetings", .result = "{rows: [{id, text, until}]}",
     .roles = FQ_ROLE_DESK, .query = query_list},
    {0},
};
/* clang-format on */

/* ---- what policies may ask, options, a metric, health, and the one symbol that ties it together */

static enum fq_status view_greetings(struct fq_view *v) {
  const char *org = fq_json_as_str(fq_json_first(v->args));
  v->answer =
      fq_json_new_int(fq_int(v->db, 0, "SELECT count(*) FROM skel_greeting WHERE org = ?1", "s", org));
  return FQ_OK;
}
static const struct fq_view_fn views[] = {
    {"greetings", view_greetings, "org", "现有问候数", "how many there are"}, {0}};

/* clang-format off */
static const struct fq_option options[] = {
    {.name = "greeting", .type = FQ_O_STRING, FQ_OPTION_AT(struct skel, greeting), .fallback = "您好",
     .max = 20, .zh = "问候语", .en = "the greeting"},
    {.name = "keep", .type = FQ_O_DURATION, FQ_OPTION_AT(struct skel, keep_ms), .fallback = "1 h",
     .min = 1000, .max = 604800000, .zh = "保留多久", .en = "how long a greeting is kept"},
    {0},
};
/* clang-format on */

static double read_count(void *self) {
  return (double)((struct skel *)self)->count;
}
static const struct fq_metric metrics[] = {
    {"fengqiao_skel_greetings_total", "greetings spoken", true, read_count}, {0}};

static void health(void *self, char *out, size_t cap) {
  if (!((struct skel *)self)->greeting[0]) snprintf(out, cap, "skel.greeting 为空 / is empty");
}

static const char *const migrations[] = {
    "CREATE TABLE skel_greeting(id TEXT PRIMARY KEY, name TEXT, text TEXT, org TEXT, until_ms INTEGER)",
    NULL,
};

/* clang-format off */
FQ_PLUGIN = {
    FQ_PLUGIN_HEAD, .name = "skel", .version = "0.1.0", .zh = "样板插件", .en = "the sample plugin",
    .migrations = migrations, .kinds = kinds, .methods = methods, .views = views, .metrics = metrics,
    .options = options, .self_bytes = sizeof(struct skel), .health = health,
};
/* clang-format on */
