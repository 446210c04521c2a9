/*
 * Entries, timers and outbox of the mock kernel: rows beside the plugin's own, so that one savepoint undoes
 * all of it; and the rebuild.
 */
#include "mock_internal.h"

void mock_journal_open(void) {
  bool ok = fq_db_run(
      mock.db, "CREATE TABLE mock_entry(seq INTEGER PRIMARY KEY, at_ms INT, kind TEXT, subject TEXT,"
               " org TEXT, audience TEXT, actor TEXT, cause INT, data TEXT);"
               "CREATE TABLE mock_timer(id TEXT PRIMARY KEY, due_ms INT, method TEXT, subject TEXT,"
               " params TEXT);"
               "CREATE TABLE mock_outbox(channel TEXT, key TEXT, expires_ms INT, payload TEXT,"
               " PRIMARY KEY(channel, key));"
               "CREATE TABLE mock_unit(id TEXT PRIMARY KEY, parent TEXT, kind TEXT, name TEXT, lon REAL,"
               " lat REAL)");
  assert_true(ok);
}

static const struct fq_kind *find_kind(const struct fq_kind *list, const char *name) {
  for (; list && list->name; list++)
    if (strcmp(list->name, name) == 0) return list;
  return NULL;
}

static const struct fq_method *find_method(const char *name) {
  for (const struct fq_method *m = mock.plugin->methods; m && m->name; m++)
    if (strcmp(m->name, name) == 0) return m;
  return NULL;
}

static enum fq_status apply_with(fq_apply_fn fn, const struct fq_entry *entry, struct fq_error *e) {
  struct fq_apply a = {mock.db, mock.self, e};
  bool former = fq_db_allow_write(mock.db, true);
  enum fq_status st = fn(&a, entry);
  fq_db_allow_write(mock.db, former);
  if (st == FQ_OK && fq_failed(mock.db)) st = fq_db_error(mock.db, e);
  return st;
}

static enum fq_status timer_fired(struct fq_apply *a, const struct fq_entry *e) {
  fq_timer_clear(a, fq_json_str(e->data, "timer"));
  return FQ_OK;
}

/* Applies a stored entry, exactly as a rebuild will see it: from its text. */
enum fq_status mock_apply(int64_t seq, struct fq_error *e) {
  fq_stmt *q =
      fq_sql(mock.db, "SELECT at_ms,kind,subject,org,audience,actor,cause,data FROM mock_entry WHERE seq=?1",
             "i", seq);
  if (!fq_row(q)) return fq_fail(e, FQ_E_INTERNAL, "mock", "", "没有条目", "no such entry");
  char *text[5];
  for (int i = 0; i < 5; i++)
    text[i] = fq_strdup(fq_col_str(q, i + 1));
  fq_json *data = mock_parse(fq_col_str(q, 7));
  struct fq_entry entry = {seq,     fq_col_int(q, 0), text[0],          text[1], text[2],
                           text[3], text[4],          fq_col_int(q, 6), data};
  fq_done(q);
  const struct fq_kind *own = find_kind(mock.plugin->kinds, entry.kind);
  const struct fq_kind *also = find_kind(mock.plugin->also_applies, entry.kind);
  enum fq_status st = FQ_OK;
  if (strcmp(entry.kind, "timer.fired") == 0) st = apply_with(timer_fired, &entry, e);
  if (own) st = apply_with(own->apply, &entry, e);
  if (st == FQ_OK && also) st = apply_with(also->apply, &entry, e);
  fq_json_free(data);
  for (int i = 0; i < 5; i++)
    free(text[i]);
  return st;
}

static int64_t append(const char *kind, const char *subject, const char *org, const char *audience,
                      const char *actor, int64_t cause, const fq_json *data) {
  int64_t seq = fq_int(mock.db, 0, "SELECT max(seq) FROM mock_entry", "") + 1;
  char *text = fq_json_print(data);
  bool former = fq_db_allow_write(mock.db, true);
  fq_exec(mock.db, "INSERT INTO mock_entry VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)", "iisssssis", seq, mock.now_ms,
          kind, subject ? subject : "", org ? org : "", audience ? audience : "", actor, cause, text);
  fq_db_allow_write(mock.db, former);
  free(text);
  return seq;
}

enum fq_status fq_emit(struct fq_call *c, struct fq_draft d) {
  if (!find_kind(mock.plugin->kinds, d.kind)) {
    fq_json_free(d.data);
    return fq_fail(c->error, FQ_E_INTERNAL, "kind.unknown", d.kind, "没有声明条目种类 %s",
                   "kind %s is not declared", d.kind);
  }
  fq_json *data = d.data ? d.data : fq_json_object();
  int64_t seq = append(d.kind, d.subject, d.org, d.audience, c->actor->name, c->tick->cause, data);
  fq_json_free(data);
  enum fq_status st = fq_failed(mock.db) ? fq_db_error(mock.db, c->error) : mock_apply(seq, c->error);
  if (st == FQ_OK) c->tick->last = seq;
  return st;
}

int64_t fq_next_seq(const struct fq_call *c) {
  (void)c;
  return fq_int(mock.db, 0, "SELECT max(seq) FROM mock_entry", "") + 1;
}

int64_t mock_append(const char *kind, const char *subject, const char *org, const char *data) {
  fq_json *j = mock_parse(data);
  int64_t seq = append(kind, subject, org, "", "system", 0, j);
  fq_json_free(j);
  struct fq_error e = {0};
  if (mock_apply(seq, &e) != FQ_OK) fail_msg("applying %s: %s", kind, e.en);
  mock_react();
  return seq;
}

void fq_timer_set(struct fq_apply *a, const char *id, int64_t due_ms, const char *method, const char *subject,
                  fq_json *params) {
  const struct fq_method *m = find_method(method);
  if (!m && !fq_json_get(mock.provided, method)) fail_msg("timer %s: there is no method %s", id, method);
  if (m && !(m->flags & FQ_INTERNAL)) fail_msg("timer %s: method %s is not FQ_INTERNAL", id, method);
  char *text = params ? fq_json_print(params) : fq_strdup("{}");
  fq_exec(a->db, "INSERT OR REPLACE INTO mock_timer VALUES(?1,?2,?3,?4,?5)", "sisss", id, due_ms, method,
          subject ? subject : "", text);
  free(text);
  fq_json_free(params);
}

void fq_timer_clear(struct fq_apply *a, const char *id) {
  fq_exec(a->db, "DELETE FROM mock_timer WHERE id=?1", "s", id);
}

void fq_outbox_put(struct fq_apply *a, const char *channel, const char *key, int64_t expires_ms,
                   fq_json *payload) {
  char *text = payload ? fq_json_print(payload) : fq_strdup("{}");
  fq_exec(a->db, "INSERT OR REPLACE INTO mock_outbox VALUES(?1,?2,?3,?4)", "ssis", channel, key, expires_ms,
          text);
  free(text);
  fq_json_free(payload);
}

static void fire(const char *id, int64_t due_ms, const char *method, const char *subject, fq_json *params) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "timer", id);
  fq_json_set_str(data, "method", method);
  fq_json_set_time(data, "due_at", due_ms);
  fq_json_set_int(data, "late_ms", mock.now_ms - due_ms);
  int64_t seq = append("timer.fired", subject, "", "", "system", 0, data);
  fq_json_free(data);
  struct fq_error e = {0};
  if (mock_apply(seq, &e) != FQ_OK) fail_msg("timer %s: %s", id, e.en);
  fq_json_set_int(params, "due_ms", due_ms);
  fq_json_set_int(params, "late_ms", mock.now_ms - due_ms);
  if (mock_run(&mock_system_actor, seq, true, method, params, NULL, &e) != FQ_OK)
    fail_msg("timer %s, method %s: %s", id, method, e.en);
  mock_react();
}

/* A loop that sets its own timer to now would never end: a plugin's mistake worth a failing test. */
enum { FIRED_MAX = 100000 };

void mock_fire_due(int64_t until_ms, bool late) {
  if (late && until_ms > mock.now_ms) mock.now_ms = until_ms;
  for (int fired = 0;; fired++) {
    int64_t rings = mock_after_due(),
            due = fq_int(mock.db, INT64_MAX, "SELECT min(due_ms) FROM mock_timer", "");
    if (rings >= 0 && rings <= until_ms && rings < due) {
      if (rings > mock.now_ms) mock.now_ms = rings;
      mock_after_ring();
      continue;
    }
    fq_stmt *q = fq_sql(mock.db,
                        "SELECT id,due_ms,method,subject,params FROM mock_timer WHERE due_ms<=?1"
                        " ORDER BY due_ms,id LIMIT 1",
                        "i", until_ms);
    if (!fq_row(q)) break;
    if (fired == FIRED_MAX) fail_msg("timer %s: fired without end", fq_col_str(q, 0));
    char *id = fq_strdup(fq_col_str(q, 0)), *method = fq_strdup(fq_col_str(q, 2)),
         *subject = fq_strdup(fq_col_str(q, 3));
    int64_t due_ms = fq_col_int(q, 1);
    fq_json *params = mock_parse(fq_col_str(q, 4));
    fq_done(q);
    if (due_ms > mock.now_ms) mock.now_ms = due_ms;
    fire(id, due_ms, method, subject, params);
    free(id);
    free(method);
    free(subject);
  }
  if (until_ms > mock.now_ms) mock.now_ms = until_ms;
}

/* Every row of every table that a rebuild must bring back, as one text a line. */
static char *dump(void) {
  struct fq_buf out = {0};
  fq_buf_str(&out, "");
  fq_stmt *t = fq_sql(mock.db,
                      "SELECT m.name, (SELECT group_concat('quote(\"' || name || '\")', '||'',''||') FROM"
                      " pragma_table_info(m.name)) FROM sqlite_schema m WHERE type='table' AND name NOT IN"
                      " ('mock_entry','mock_unit') AND name NOT LIKE 'sqlite_%' ORDER BY name",
                      "");
  while (fq_row(t)) {
    char *sql = fq_printf("SELECT %s FROM \"%s\" ORDER BY 1", fq_col_str(t, 1), fq_col_str(t, 0));
    fq_stmt *q = fq_sql(mock.db, sql, "");
    while (fq_row(q))
      fq_buf_fmt(&out, "%s: %s\n", fq_col_str(t, 0), fq_col_str(q, 0));
    free(sql);
  }
  if (fq_failed(mock.db)) fail_msg("dumping the tables failed");
  return out.data ? out.data : fq_strdup("");
}

static void empty_tables(void) {
  struct fq_buf sql = {0};
  fq_stmt *t = fq_sql(mock.db,
                      "SELECT name FROM sqlite_schema WHERE type='table' AND name NOT IN"
                      " ('mock_entry','mock_unit') AND name NOT LIKE 'sqlite_%'",
                      "");
  while (fq_row(t))
    fq_buf_fmt(&sql, "DELETE FROM \"%s\";", fq_col_str(t, 0));
  assert_true(fq_db_run(mock.db, sql.data));
  fq_buf_free(&sql);
}

void mock_rebuild(void) {
  char *before = dump();
  empty_tables();
  int64_t head = fq_int(mock.db, 0, "SELECT max(seq) FROM mock_entry", "");
  struct fq_error e = {0};
  for (int64_t seq = 1; seq <= head; seq++)
    if (mock_apply(seq, &e) != FQ_OK) fail_msg("rebuild: entry %lld: %s", (long long)seq, e.en);
  char *after = dump();
  if (strcmp(before, after) != 0)
    fail_msg("a rebuild gives other rows. Before:\n%s\nAfter:\n%s", before, after);
  free(before);
  free(after);
}

/* ---- looking */

static const fq_json *rows(const char *sql, const char *const *names, const char *json) {
  fq_json *out = fq_json_array();
  fq_stmt *q = fq_sql(mock.db, sql, "");
  while (fq_row(q)) {
    fq_json *row = fq_json_object();
    for (int i = 0; names[i]; i++) {
      size_t len = strlen(names[i]);
      bool number = strcmp(names[i], "n") == 0 || strcmp(names[i], "cause") == 0 ||
                    (len > 3 && strcmp(names[i] + len - 3, "_ms") == 0);
      if (strcmp(names[i], json) == 0)
        fq_json_set(row, names[i], mock_parse(fq_col_str(q, i)));
      else if (number)
        fq_json_set_int(row, names[i], fq_col_int(q, i));
      else
        fq_json_set_str(row, names[i], fq_col_str(q, i));
    }
    fq_json_push(out, row);
  }
  return mock_keep(out);
}

const fq_json *mock_entries(void) {
  static const char *const names[] = {"n",        "at_ms", "kind",  "subject", "org",
                                      "audience", "actor", "cause", "data",    NULL};
  return rows("SELECT * FROM mock_entry ORDER BY seq", names, "data");
}

const fq_json *mock_last(const char *kind) {
  const fq_json *found = NULL;
  fq_json_each(e, mock_entries()) if (strcmp(fq_json_str(e, "kind"), kind) == 0) found = e;
  return found;
}

size_t mock_count(const char *kind) {
  return (size_t)fq_int(mock.db, 0, "SELECT count(*) FROM mock_entry WHERE kind=?1", "s", kind);
}

int64_t mock_timer(const char *id) {
  return fq_int(mock.db, -1, "SELECT due_ms FROM mock_timer WHERE id=?1", "s", id);
}

const fq_json *mock_timers(void) {
  static const char *const names[] = {"id", "due_ms", "method", "subject", "params", NULL};
  return rows("SELECT id,due_ms,method,subject,params FROM mock_timer ORDER BY due_ms,id", names, "params");
}

const fq_json *mock_outbox(void) {
  static const char *const names[] = {"channel", "key", "expires_ms", "payload", NULL};
  return rows("SELECT * FROM mock_outbox ORDER BY rowid", names, "payload");
}
