/*
 * Changing the org tree: many units at once, or one with the revision that was looked at. Whatever happens to
 * a unit is one kind of entry, org.unit_set, which says all of it; `act` and `reason` say why. Kernel thread.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/org.h"

#define CLOSE_MOST 200 /* units closed by one command: what is more is done branch by branch */

/* Who sets a unit must reach where it is put and, when it is there already, where it was. */
static enum fq_status in_reach(struct fq_call *c, const char *id, const char *parent, const char *path) {
  bool there = fq_int(c->db, 0, "SELECT 1 FROM org WHERE id = ?", "s", id);
  const char *outside = !fq_role_reaches(c->db, c->actor, parent)        ? parent
                        : there && !fq_role_reaches(c->db, c->actor, id) ? id
                                                                         : NULL;
  if (!outside) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "scope", path, "单位 %s 不在您的管辖范围内",
                 "unit %s is outside your area", outside[0] ? outside : "-");
}

/* May `id` hang below `parent`? */
static enum fq_status fits(struct fq_call *c, const char *id, const char *parent, const char *path) {
  struct fq_org_row up;
  if (parent[0] && !fq_org_row(c->db, parent, &up))
    return fq_fail(c->error, FQ_E_PARAMS, "org.parent", path, "上级 %s 不存在(上级应先于下级)",
                   "parent %s does not exist (parents come first)", parent);
  enum fq_status st = in_reach(c, id, parent, path);
  if (st) return st;
  if (!parent[0]) {
    if (fq_int(c->db, 0, "SELECT count(*) FROM org WHERE parent = '' AND id <> ?", "s", id))
      return fq_fail(c->error, FQ_E_CONFLICT, "org.root", path, "%s 没有上级,而县根已存在",
                     "%s has no parent, but the county root exists", id);
  } else if (!strcmp(parent, id) || fq_org_within(c->db, parent, id))
    return fq_fail(c->error, FQ_E_PARAMS, "org.cycle", path, "%s 不能隶属于自己的下级 %s",
                   "%s cannot be below %s, which is below it", id, parent);
  return FQ_OK;
}

/* Days are the county's, which is on Beijing time. */
static void today(int64_t now_ms, char out[36]) {
  char text[32];
  fq_time_format(now_ms + 8 * 3600000, text);
  snprintf(out, 36, "%.10s", text);
}

enum fq_status fq_org_may_close(fq_db *db, const struct fq_org_row *r, const char *last, int64_t now_ms,
                                const char *unit_path, const char *day_path, struct fq_error *e) {
  char day[36];
  if (!r->unit.parent[0])
    return fq_fail(e, FQ_E_CONFLICT, "org.root", unit_path, "县根不能停用", "the county cannot be closed");
  today(now_ms, day);
  if (last && (strlen(last) != 10 || strcmp(last, day) > 0))
    return fq_fail(e, FQ_E_PARAMS, "org.date", day_path, "停用日期写成 2026-11-22 这样,不晚于今天(%s)",
                   "a day such as 2026-11-22, not after today (%s)", day);
  int64_t people = fq_int(db, 0,
                          "SELECT count(*) FROM account a JOIN org o ON o.id = a.org"
                          " WHERE a.disabled = 0 AND o.path >= ?1 AND o.path < ?1 || 'zzzz'",
                          "s", r->path);
  if (!people) return FQ_OK;
  return fq_fail(e, FQ_E_CONFLICT, "org.people", unit_path,
                 "单位 %s 及其下级还有 %lld 个在用账号,请先调走或停用",
                 "%s and what is below it still have %lld accounts in use: move or disable them first",
                 r->unit.id, (long long)people);
}

enum fq_status fq_org_row_closes(fq_db *db, const fq_json *row, int64_t now_ms, const char *path,
                                 struct fq_error *e) {
  const char *last = fq_json_str(row, "valid_to");
  struct fq_org_row was;
  if (!last || !fq_org_row(db, fq_json_str(row, "id"), &was) || was.valid_to[0]) return FQ_OK;
  return fq_org_may_close(db, &was, last, now_ms, path, path, e);
}

enum fq_status fq_org_import(struct fq_call *c) {
  int i = 0, set = 0;
  fq_json_each(u, fq_json_get(c->params, "units")) {
    const char *id = fq_json_str(u, "id"), *parent = fq_json_str(u, "parent");
    char path[48];
    snprintf(path, sizeof path, "params.units[%d].parent", i);
    enum fq_status st = fits(c, id, parent ? parent : "", path);
    if (st) return st;
    snprintf(path, sizeof path, "params.units[%d].valid_to", i++);
    st = fq_org_row_closes(c->db, u, c->now_ms, path, c->error);
    if (st) return st;
    st = fq_emit(c,
                 (struct fq_draft){.kind = "org.unit_set", .subject = id, .org = id, .data = fq_json_dup(u)});
    if (st) return st;
    set++;
  }
  fq_json_set_int(c->result, "set", set);
  return FQ_OK;
}

/* ---- one unit ------------------------------------------------------------------------------------------ */

static enum fq_status stale(struct fq_call *c, const struct fq_org_row *now) {
  char who[FQ_ID_MAX] = "";
  fq_stmt *q = fq_sql(c->db, "SELECT actor FROM journal WHERE seq = ?", "i", now->rev);
  if (fq_row(q)) {
    fq_copy(who, sizeof who, fq_col_str(q, 0));
    fq_done(q);
  }
  fq_fail(c->error, FQ_E_CONFLICT, "rev.stale", "params.rev", "单位 %s 此间已被%s%s修改,请看过现在的内容再改",
          "unit %s has been changed meanwhile%s%s: look at it again", now->unit.id, who[0] ? " " : "", who);
  c->error->rev = now->rev;
  return FQ_E_CONFLICT;
}

/* The unit that params.id names, as it was seen. */
static enum fq_status seen(struct fq_call *c, struct fq_org_row *out) {
  const char *id = fq_json_str(c->params, "id");
  if (!fq_org_row(c->db, id, out))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "org.unknown", "params.id", "没有单位 %s", "no unit %s", id);
  if (!fq_role_reaches(c->db, c->actor, id))
    return fq_fail(c->error, FQ_E_FORBIDDEN, "scope", "params.id", "单位 %s 不在您的管辖范围内",
                   "unit %s is outside your area", id);
  return fq_json_int(c->params, "rev", 0) == out->rev ? FQ_OK : stale(c, out);
}

static enum fq_status say(struct fq_call *c, const struct fq_org_row *r, const char *act) {
  const char *reason = fq_json_str(c->params, "reason");
  fq_json *data = fq_org_row_json(r);
  fq_json_set_str(data, "act", act);
  if (reason) fq_json_set_str(data, "reason", reason);
  return fq_emit(
      c, (struct fq_draft){.kind = "org.unit_set", .subject = r->unit.id, .org = r->unit.id, .data = data});
}

static enum fq_status answer(struct fq_call *c, const char *id) {
  struct fq_org_row now;
  if (!fq_org_row(c->db, id, &now)) return FQ_OK;
  fq_json_set_str(c->result, "id", id);
  fq_json_set_int(c->result, "rev", now.rev);
  return FQ_OK;
}

enum fq_status fq_org_set(struct fq_call *c) {
  const char *id = fq_json_str(c->params, "id"), *parent = fq_json_str(c->params, "parent");
  int64_t rev = fq_json_int(c->params, "rev", 0);
  struct fq_org_row was;
  bool there = fq_org_row(c->db, id, &was);
  if (!parent) parent = there ? was.unit.parent : "";
  if (there && !rev)
    return fq_fail(c->error, FQ_E_CONFLICT, "org.taken", "params.id", "代码 %s 已是“%s”的,换一个",
                   "the code %s is taken: %s has it", id, was.unit.name);
  if (!there && rev)
    return fq_fail(c->error, FQ_E_NOT_FOUND, "org.unknown", "params.id", "没有单位 %s", "no unit %s", id);
  enum fq_status st = fits(c, id, parent, "params.parent");
  if (st) return st;
  if (there && was.rev != rev) return stale(c, &was);
  if (there && strcmp(parent, was.unit.parent))
    return fq_fail(c->error, FQ_E_PARAMS, "org.parent", "params.parent", "换上级请用 org.move",
                   "org.move puts a unit below another");
  fq_json *data = fq_json_dup(c->params);
  fq_json_remove(data, "rev");
  fq_json_set_str(data, "parent", parent);
  if (there && was.valid_to[0]) fq_json_set_str(data, "valid_to", was.valid_to);
  if (there && was.valid_from[0] && !fq_json_str(data, "valid_from"))
    fq_json_set_str(data, "valid_from", was.valid_from);
  fq_json_set_str(data, "act", there ? "change" : "add");
  st = fq_emit(c, (struct fq_draft){.kind = "org.unit_set", .subject = id, .org = id, .data = data});
  return st ? st : answer(c, id);
}

enum fq_status fq_org_move(struct fq_call *c) {
  const char *parent = fq_json_str(c->params, "parent");
  struct fq_org_row r, up;
  enum fq_status st = seen(c, &r);
  if (!st) st = fits(c, r.unit.id, parent, "params.parent");
  if (st) return st;
  if (fq_org_row(c->db, parent, &up) && up.valid_to[0])
    return fq_fail(c->error, FQ_E_CONFLICT, "org.closed", "params.parent", "单位 %s 已停用",
                   "unit %s is closed", parent);
  int64_t below =
      fq_int(c->db, 0, "SELECT count(*) FROM org WHERE path > ?1 AND path < ?1 || 'zzzz'", "s", r.path);
  fq_copy(r.unit.parent, sizeof r.unit.parent, parent);
  if ((st = say(c, &r, "move"))) return st;
  fq_json_set_int(c->result, "below", below);
  return answer(c, r.unit.id);
}

/* Units in use below `r`, the lowest first. */
static size_t open_below(fq_db *db, const struct fq_org_row *r, char (*ids)[FQ_ID_MAX], size_t most) {
  size_t n = 0;
  fq_stmt *q = fq_sql(db,
                      "SELECT id FROM org WHERE path > ?1 AND path < ?1 || 'zzzz' AND valid_to IS NULL"
                      " ORDER BY length(path) DESC, id LIMIT ?2",
                      "si", r->path, (int64_t)most);
  while (fq_row(q))
    fq_copy(ids[n++], FQ_ID_MAX, fq_col_str(q, 0));
  return n;
}

enum fq_status fq_org_close(struct fq_call *c) {
  struct fq_org_row r;
  char ids[CLOSE_MOST + 1][FQ_ID_MAX], day[36];
  const char *last = fq_json_str(c->params, "valid_to");
  enum fq_status st = seen(c, &r);
  if (st) return st;
  if (r.valid_to[0])
    return fq_fail(c->error, FQ_E_CONFLICT, "org.closed", "params.id", "单位 %s 已于 %s 停用",
                   "unit %s was closed on %s", r.unit.id, r.valid_to);
  st = fq_org_may_close(c->db, &r, last, c->now_ms, "params.id", "params.valid_to", c->error);
  if (st) return st;
  today(c->now_ms, day);
  size_t n = open_below(c->db, &r, ids, CLOSE_MOST + 1);
  if (n && !fq_json_bool(c->params, "below", false))
    return fq_fail(c->error, FQ_E_CONFLICT, "org.children", "params.below",
                   "单位 %s 还有 %zu 个在用的下级,请先停用、划转,或连同下级一起停用",
                   "%s still has %zu units in use below it: close or move them, or close them with it",
                   r.unit.id, n);
  if (n > CLOSE_MOST)
    return fq_fail(c->error, FQ_E_CONFLICT, "org.many", "params.id", "一次最多停用 %d 个单位,请分支进行",
                   "at most %d units are closed at once: go branch by branch", CLOSE_MOST);
  for (size_t i = 0; i <= n; i++) {
    struct fq_org_row one = r;
    if (i < n && !fq_org_row(c->db, ids[i], &one)) continue;
    fq_copy(one.valid_to, sizeof one.valid_to, last ? last : day);
    if ((st = say(c, &one, "close"))) return st;
  }
  fq_json_set_int(c->result, "closed", (int64_t)n + 1);
  return answer(c, r.unit.id);
}

enum fq_status fq_org_reopen(struct fq_call *c) {
  struct fq_org_row r, up;
  enum fq_status st = seen(c, &r);
  if (st) return st;
  if (!r.valid_to[0])
    return fq_fail(c->error, FQ_E_CONFLICT, "org.open", "params.id", "单位 %s 没有停用", "unit %s is in use",
                   r.unit.id);
  if (fq_org_row(c->db, r.unit.parent, &up) && up.valid_to[0])
    return fq_fail(c->error, FQ_E_CONFLICT, "org.closed", "params.id", "上级 %s 也已停用,先恢复上级",
                   "%s, the unit above, is closed too: begin with it", up.unit.id);
  r.valid_to[0] = '\0';
  st = say(c, &r, "reopen");
  return st ? st : answer(c, r.unit.id);
}
