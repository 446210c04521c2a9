/*
 * The dry run of an import of units: each row looked at as org.import would, all mistakes at once, and what
 * each row would add or change. Nothing is written. A reader thread.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/org.h"

/* What the rows before this one will have set: id -> the unit above. */
struct coming {
  struct fq_map *parents;
};

static const char *parent_of(fq_db *db, const struct coming *c, const char *id, char out[FQ_ID_MAX]) {
  const char *said = fq_map_get(c->parents, id);
  struct fq_unit u;
  if (said) return said;
  if (!fq_org_unit(db, id, &u)) return NULL;
  fq_copy(out, FQ_ID_MAX, u.parent);
  return out;
}

/* Is `id` at or above `from`, once the rows before have happened? */
static bool above(fq_db *db, const struct coming *c, const char *id, const char *from) {
  char at[FQ_ID_MAX], up[FQ_ID_MAX];
  fq_copy(at, sizeof at, from);
  for (int depth = 0; at[0] && depth < 32; depth++) {
    if (!strcmp(at, id)) return true;
    const char *p = parent_of(db, c, at, up);
    char next[FQ_ID_MAX] = "";
    if (p) fq_copy(next, sizeof next, p);
    fq_copy(at, sizeof at, next);
  }
  return false;
}

static enum fq_status look(struct fq_query *q, const struct coming *c, const fq_json *row,
                           struct fq_error *e) {
  enum fq_status st = fq_schema_check(fq_org_unit_members, row, e);
  if (st) return st;
  const char *id = fq_json_str(row, "id"), *parent = fq_json_str(row, "parent");
  char up[FQ_ID_MAX];
  struct fq_org_row was;
  if (!parent) parent = "";
  if (fq_map_get(c->parents, id))
    return fq_fail(e, FQ_E_PARAMS, "org.twice", "id", "代码 %s 在表中出现两次",
                   "the code %s is in the table twice", id);
  if (parent[0] && !parent_of(q->db, c, parent, up))
    return fq_fail(e, FQ_E_PARAMS, "org.parent", "parent", "上级 %s 不存在,也不在表中",
                   "parent %s does not exist, nor is it in the table", parent);
  if (!parent[0] && fq_int(q->db, 0, "SELECT count(*) FROM org WHERE parent = '' AND id <> ?", "s", id))
    return fq_fail(e, FQ_E_CONFLICT, "org.root", "parent", "没有写上级,而县根已存在",
                   "no parent is given, but the county root exists");
  if (parent[0] && above(q->db, c, id, parent))
    return fq_fail(e, FQ_E_PARAMS, "org.cycle", "parent", "%s 不能隶属于自己的下级 %s",
                   "%s cannot be below %s, which is below it", id, parent);
  bool there = fq_org_row(q->db, id, &was);
  if ((there && !fq_role_reaches(q->db, q->actor, id)) ||
      (!fq_map_get(c->parents, parent) && !fq_role_reaches(q->db, q->actor, parent)))
    return fq_fail(e, FQ_E_FORBIDDEN, "scope", "parent", "单位 %s 不在您的管辖范围内",
                   "unit %s is outside your area", there ? id : parent);
  return fq_org_row_closes(q->db, row, q->now_ms, "valid_to", e);
}

/* What the row changes of the unit that is there. */
static fq_json *changes(const struct fq_org_row *was, const fq_json *row) {
  fq_json *list = fq_json_array();
  const char *parent = fq_json_str(row, "parent"), *to = fq_json_str(row, "valid_to");
  if (strcmp(was->unit.parent, parent ? parent : "")) fq_json_push(list, fq_json_new_str("parent"));
  if (strcmp(was->unit.kind, fq_json_str(row, "kind"))) fq_json_push(list, fq_json_new_str("kind"));
  if (strcmp(was->unit.name, fq_json_str(row, "name"))) fq_json_push(list, fq_json_new_str("name"));
  if (strcmp(was->valid_to, to ? to : "")) fq_json_push(list, fq_json_new_str("valid_to"));
  double lon = fq_json_num(row, "lon", NAN), lat = fq_json_num(row, "lat", NAN);
  bool same = (isnan(lon) ? isnan(was->unit.lon) : lon == was->unit.lon) &&
              (isnan(lat) ? isnan(was->unit.lat) : lat == was->unit.lat);
  if (!same) fq_json_push(list, fq_json_new_str("place"));
  return list;
}

enum fq_status fq_org_check(struct fq_query *q) {
  static char root[] = "";
  struct coming c = {0};
  fq_json *rows = fq_json_array();
  int64_t adds = 0, changed = 0, same = 0, errors = 0, i = 0;
  fq_json_each(id, fq_json_get(q->params, "known")) fq_map_put(&c.parents, fq_json_as_str(id), root);
  fq_json_each(row, fq_json_get(q->params, "units")) {
    struct fq_error e = {0};
    struct fq_org_row was;
    fq_json *said = fq_json_object();
    const char *id = fq_json_str(row, "id"), *parent = fq_json_str(row, "parent");
    fq_json_set_int(said, "i", i++);
    if (id) fq_json_set_str(said, "id", id);
    if (look(q, &c, row, &e)) {
      fq_json_set_str(said, "act", "error");
      fq_json_set_str(said, "code", e.code);
      if (e.path[0]) fq_json_set_str(said, "path", e.path + (!strncmp(e.path, "params.", 7) ? 7 : 0));
      fq_json_set_str(said, "zh", e.zh);
      fq_json_set_str(said, "en", e.en);
      errors++;
    } else {
      fq_json *what = fq_org_row(q->db, id, &was) ? changes(&was, row) : NULL;
      fq_json_set_str(said, "act", !what ? "add" : fq_json_size(what) ? "change" : "same");
      *(!what ? &adds : fq_json_size(what) ? &changed : &same) += 1;
      if (what && fq_json_size(what)) {
        fq_json_set(said, "changes", what);
        fq_json_set(said, "was", fq_org_row_json(&was));
      } else
        fq_json_free(what);
      fq_map_put(&c.parents, id, (void *)(parent ? parent : root));
    }
    fq_json_push(rows, said);
  }
  fq_map_clear(&c.parents, NULL);
  fq_json_set(q->result, "rows", rows);
  fq_json_set_int(q->result, "adds", adds);
  fq_json_set_int(q->result, "changes", changed);
  fq_json_set_int(q->result, "same", same);
  fq_json_set_int(q->result, "errors", errors);
  return FQ_OK;
}
