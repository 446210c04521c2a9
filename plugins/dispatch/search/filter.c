/*
 * filter.c - searches worth keeping: a user's own, by name, and those shared with everybody of his unit. What
 * is kept is the question, never its answer. Kernel thread; the list on reader threads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "search/search.h"

#define MOST_FILTERS 100 /* of one user */

/* Its keeper hears it; so do those at his unit's desk when it is, or was, for them. */
static enum fq_status emit(struct fq_call *c, const char *kind, fq_json *data, bool shared) {
  char audience[2 * FQ_ID_MAX + 16];
  const struct fq_actor *a = c->actor;
  bool unit = shared && a->org && *a->org;
  snprintf(audience, sizeof audience, "user/%s%s%s", a->name, unit ? " unit/" : "", unit ? a->org : "");
  return fq_emit(c, (struct fq_draft){
                        .kind = kind, .subject = a->name, .org = a->org, .audience = audience, .data = data});
}

static bool was_shared(fq_db *db, const char *user, const char *name, bool *known) {
  int64_t shared =
      fq_int(db, -1, "SELECT shared FROM filter WHERE user = ?1 AND name = ?2", "ss", user, name);
  *known = shared >= 0;
  return shared > 0;
}

enum fq_status dp_filter_save(struct fq_call *c) {
  const char *name = fq_json_str(c->params, "name");
  bool shared = fq_json_bool(c->params, "shared", false), known;
  bool before = was_shared(c->db, c->actor->name, name, &known);
  if (!known &&
      fq_int(c->db, 0, "SELECT count(*) FROM filter WHERE user = ?1", "s", c->actor->name) >= MOST_FILTERS)
    return fq_fail(c->error, FQ_E_CONFLICT, "filter.limit", "params.name",
                   "每人最多保存 %d 个筛选,请先删除不用的", "at most %d filters a user: remove one first",
                   MOST_FILTERS);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "name", name);
  fq_json_set(data, "query", fq_json_dup(fq_json_get(c->params, "query")));
  fq_json_set_bool(data, "shared", shared);
  enum fq_status s = emit(c, "filter.saved", data, shared || before);
  if (s == FQ_OK) fq_json_set_str(c->result, "name", name);
  return s;
}

enum fq_status dp_filter_remove(struct fq_call *c) {
  const char *name = fq_json_str(c->params, "name");
  bool known, shared = was_shared(c->db, c->actor->name, name, &known);
  if (!known)
    return fq_fail(c->error, FQ_E_NOT_FOUND, "filter.unknown", "params.name", "您没有名为 %s 的筛选",
                   "you have no filter %s", name);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "name", name);
  enum fq_status s = emit(c, "filter.removed", data, shared);
  if (s == FQ_OK) fq_json_set_str(c->result, "name", name);
  return s;
}

static fq_json *parsed(const char *text) {
  fq_json *j = text ? fq_json_parse(text, strlen(text), NULL) : NULL;
  return j ? j : fq_json_object();
}

enum fq_status dp_filter_list(struct fq_query *q) {
  fq_json *rows = fq_json_array();
  fq_stmt *s = fq_sql(q->db,
                      "SELECT name, user, query, shared FROM filter WHERE user = ?1"
                      " UNION ALL SELECT name, user, query, shared FROM filter"
                      " WHERE org = ?2 AND org <> '' AND shared = 1 AND user <> ?1 ORDER BY 1, 2",
                      "ss", q->actor->name, q->actor->org);
  while (fq_row(s)) {
    fq_json *j = fq_json_object();
    fq_json_set_str(j, "name", fq_col_str(s, 0));
    fq_json_set_str(j, "by", fq_col_str(s, 1));
    fq_json_set(j, "query", parsed(fq_col_str(s, 2)));
    fq_json_set_bool(j, "shared", fq_col_int(s, 3) != 0);
    fq_json_push(rows, j);
  }
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}

/* One's own before a colleague's of the same name. */
fq_json *dp_filter_named(fq_db *db, const struct fq_actor *a, const char *name) {
  fq_json *found = NULL;
  fq_stmt *s = fq_sql(
      db,
      "SELECT query FROM filter WHERE name = ?3 AND (user = ?1 OR (shared = 1 AND org = ?2 AND org <> ''))"
      " ORDER BY user <> ?1, user LIMIT 1",
      "sss", a->name, a->org, name);
  while (fq_row(s))
    found = parsed(fq_col_str(s, 0));
  return found;
}

enum fq_status dp_apply_filter(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data, *query = fq_json_get(d, "query");
  const char *name = fq_json_str(d, "name");
  if (!query) {
    fq_exec(a->db, "DELETE FROM filter WHERE user = ?1 AND name = ?2", "ss", e->actor, name);
    return FQ_OK;
  }
  char *text = fq_json_print(query);
  fq_exec(
      a->db,
      "INSERT INTO filter(user, name, org, shared, query) VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(user, name)"
      " DO UPDATE SET org = excluded.org, shared = excluded.shared, query = excluded.query",
      "sssis", e->actor, name, e->org, (int64_t)fq_json_bool(d, "shared", false), text);
  free(text);
  return FQ_OK;
}
