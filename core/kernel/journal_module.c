/*
 * The journal, the timers and the description of the server, as methods. Queries run on reader threads; the
 * module's state is the kernel, of which they read what is fixed after boot.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/internal.h"
#include "store/timer.h"

static enum fq_status apply_fired(struct fq_apply *a, const struct fq_entry *e) {
  fq_timer_delete(a->db, fq_json_str(e->data, "timer"));
  return FQ_OK;
}

static const struct fq_kind kinds[] = {{.name = "timer.fired",
                                        .apply = apply_fired,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "定时到点",
                                        .en = "a timer fired"},
                                       {0}};

static fq_json *entry_json(const struct fq_row *r) {
  fq_json *o = fq_json_object();
  fq_json_set_int(o, "n", r->seq);
  fq_json_set_str(o, "kind", r->kind);
  fq_json_set_time(o, "at", r->at_ms);
  fq_json_set_str(o, "subject", r->subject);
  fq_json_set_str(o, "org", r->org);
  fq_json_set_str(o, "actor", r->actor);
  fq_json_set_int(o, "cause", r->cause);
  fq_json *data = fq_json_parse(r->data, strlen(r->data), NULL);
  fq_json_set(o, "data", data ? data : fq_json_object());
  return o;
}

static enum fq_status timeline(struct fq_query *q) {
  fq_kernel *k = q->self;
  int64_t limit = fq_json_int(q->params, "limit", 500), n = 0;
  fq_json *entries = fq_json_array();
  fq_stmt *s =
      fq_sql(q->db,
             "SELECT seq, at_ms, kind, subject, org, actor, cause, audience, data, receipt FROM journal"
             " WHERE subject = ? AND subject <> '' AND seq > ? ORDER BY seq",
             "si", fq_json_str(q->params, "subject"), fq_json_int(q->params, "after", 0));
  while (fq_row(s)) {
    struct fq_row r;
    fq_journal_get(s, &r);
    const struct bound_kind *b = fq_map_get(k->kinds, r.kind);
    if (!b || (!b->kind->roles && !r.audience[0] && !q->actor->system)) continue;
    if (!fq_entry_visible(q->db, q->actor, b->kind, r.org, r.audience)) continue;
    fq_json *o = entry_json(&r);
    if (b->kind->zh) fq_json_set_str(o, "zh", b->kind->zh);
    if (b->kind->en) fq_json_set_str(o, "en", b->kind->en);
    fq_json_push(entries, o);
    if (++n == limit) {
      fq_json_set_int(q->result, "next", r.seq);
      fq_done(s);
      break;
    }
  }
  fq_json_set(q->result, "entries", entries);
  return FQ_OK;
}

/* A timer is where its subject is, by the subject's first entry; without a subject it is the county's. */
static bool timer_in_reach(const struct fq_query *q, const char *subject) {
  fq_stmt *s =
      fq_sql(q->db, "SELECT org FROM journal WHERE subject = ? AND subject <> '' ORDER BY seq LIMIT 1", "s",
             subject);
  bool found = fq_row(s), in = fq_role_reaches(q->db, q->actor, found ? fq_col_str(s, 0) : "");
  if (found) fq_done(s);
  return in;
}

static enum fq_status timers(struct fq_query *q) {
  fq_json *rows = fq_json_array();
  int64_t limit = fq_json_int(q->params, "limit", 200);
  fq_stmt *s = fq_sql(
      q->db,
      "SELECT id, due_ms, method, subject FROM timer WHERE (?1 IS NULL OR subject = ?1) ORDER BY due_ms, id",
      "s", fq_json_str(q->params, "subject"));
  while (limit && fq_row(s)) {
    if (!timer_in_reach(q, fq_col_str(s, 3))) continue;
    fq_json *o = fq_json_object();
    fq_json_set_str(o, "id", fq_col_str(s, 0));
    fq_json_set_time(o, "due_at", fq_col_int(s, 1));
    fq_json_set_str(o, "method", fq_col_str(s, 2));
    fq_json_set_str(o, "subject", fq_col_str(s, 3));
    fq_json_push(rows, o);
    if (!--limit) fq_done(s);
  }
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}

static bool may_call(const struct fq_actor *a, const struct fq_method *m) {
  if (m->flags & FQ_INTERNAL) return a->system;
  return a->system || (m->flags & FQ_PUBLIC) || (a->roles & m->roles);
}

static fq_json *flag_names(uint32_t flags) {
  static const struct {
    uint32_t flag;
    const char *name;
  } known[] = {{FQ_PUBLIC, "public"},
               {FQ_INTERNAL, "internal"},
               {FQ_POLICY, "policy"},
               {FQ_SNAPSHOT, "snapshot"},
               {FQ_SECRET, "secret"}};
  fq_json *list = fq_json_array();
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (flags & known[i].flag) fq_json_push(list, fq_json_new_str(known[i].name));
  return list;
}

static fq_json *describe(const struct fq_method *m, const char *type) {
  fq_json *o = fq_json_object();
  fq_json_set_str(o, "name", m->name);
  fq_json_set_str(o, "type", type);
  fq_json_set_str(o, "summary", m->zh);
  fq_json_set_str(o, "description", m->en);
  fq_json_set(o, "roles", fq_role_names(m->roles));
  fq_json_set(o, "flags", flag_names(m->flags));
  fq_json_set(o, "params", fq_schema_describe(m->params));
  if (m->result) fq_json_set_str(o, "result", m->result);
  fq_json *returns = m->result ? fq_shape_schema(m->result, m->run, NULL) : NULL;
  if (returns) fq_json_set(o, "returns", returns);
  return o;
}

static enum fq_status discover(struct fq_query *q) {
  fq_kernel *k = q->self;
  fq_json *methods = fq_json_array(), *kinds_out = fq_json_array();
  for (const struct fq_method *m = fq_session_methods; m->name; m++)
    fq_json_push(methods, describe(m, "session"));
  for (size_t i = 0; i < k->module_count; i++) {
    const struct fq_plugin *p = k->modules[i].table;
    for (const struct fq_method *m = p->methods; m && m->name; m++)
      if (may_call(q->actor, m))
        fq_json_push(methods, describe(m, m->query ? "query" : m->run ? "command" : "volatile"));
    for (const struct fq_kind *x = p->kinds; x && x->name; x++) {
      if (!q->actor->system && !(q->actor->roles & x->roles)) continue;
      fq_json *o = fq_json_object();
      fq_json_set_str(o, "name", x->name);
      fq_json_set_str(o, "summary", x->zh);
      fq_json_set_str(o, "description", x->en);
      fq_json_set(o, "roles", fq_role_names(x->roles));
      fq_json_push(kinds_out, o);
    }
  }
  fq_json_set_str(q->result, "openrpc", "1.3.2");
  fq_json_set(q->result, "methods", methods);
  fq_json_set(q->result, "events", kinds_out);
  return FQ_OK;
}

/* One read transaction: every part and `n` are of the same moment. */
static enum fq_status snapshot(struct fq_query *q) {
  fq_kernel *k = q->self;
  fq_json *none = fq_json_object();
  enum fq_status st = FQ_OK;
  for (size_t i = 0; i < k->module_count && !st; i++)
    for (const struct fq_method *m = k->modules[i].table->methods; m && m->name && !st; m++) {
      if (!(m->flags & FQ_SNAPSHOT) || !m->query || !may_call(q->actor, m)) continue;
      struct fq_query part = *q;
      part.self = k->modules[i].self;
      part.params = none;
      part.result = fq_json_object();
      st = m->query(&part);
      fq_json_set(q->result, m->name, part.result);
    }
  fq_json_free(none);
  fq_json_set_int(q->result, "n", q->head);
  fq_json_set_str(q->result, "epoch", k->epoch);
  return st;
}

static const struct fq_param timeline_params[] = {
    {.name = "subject",
     .type = FQ_T_ID,
     .required = true,
     .zh = "主体,如事件编号",
     .en = "what it is about, e.g. an incident id"},
    {.name = "after",
     .type = FQ_T_INT,
     .min = 0,
     .max = 9e15,
     .zh = "从哪一条之后",
     .en = "after this entry"},
    {.name = "limit", .type = FQ_T_INT, .min = 1, .max = 1000, .zh = "条数", .en = "entries"},
    {0}};
static const struct fq_param timer_params[] = {
    {.name = "subject", .type = FQ_T_ID, .zh = "主体", .en = "what it is about"},
    {.name = "limit", .type = FQ_T_INT, .min = 1, .max = 1000, .zh = "条数", .en = "rows"},
    {0}};

static const struct fq_method methods[] = {
    {.name = "journal.timeline",
     .roles = FQ_ROLE_ALL,
     .params = timeline_params,
     .query = timeline,
     .zh = "时间线",
     .en = "all entries about a subject that you may see",
     .result = "{entries: [{n: integer, kind: string, at: time, subject: string, org: string, actor: string, "
               "cause: "
               "integer, data: object, zh?: string, en?: string}], next?: integer}"},
    {.name = "timer.list",
     .roles = FQ_ROLE_DESK | FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT,
     .params = timer_params,
     .query = timers,
     .zh = "待触发的定时",
     .en = "timers to come",
     .result = "{rows:[{id,due_at,method,subject}]}"},
    {.name = "rpc.discover",
     .roles = FQ_ROLE_ALL,
     .query = discover,
     .zh = "可用方法",
     .en = "the methods this session may call, with schemas",
     .result = "{openrpc, methods, events}"},
    {.name = "snapshot",
     .roles = FQ_ROLE_ALL,
     .query = snapshot,
     .zh = "快照",
     .en = "everything open that you may see, and n",
     .result = "{n: integer, epoch: string, ...}"},
    {0}};

const struct fq_plugin fq_journal_module = {FQ_PLUGIN_HEAD,     .name = "journal",          .version = "1",
                                            .zh = "日志与定时", .en = "journal and timers", .kinds = kinds,
                                            .methods = methods};
