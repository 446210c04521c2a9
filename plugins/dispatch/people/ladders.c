/*
 * ladders.c - ladders as data: ladder.set, ladder.list, and fallback.set, the district's owner of what nobody
 * owns (兜底). A ladder says for each rung how to find who sits on it; where that leads for a place is
 * ladder.c's matter. Kernel thread; the query on a reader thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "people/people.h"

enum fq_status dp_target_org(struct fq_call *c, struct fq_target *t) {
  struct fq_unit u;
  const char *org = fq_json_str(c->params, "org");
  if (!fq_org_unit(c->db, org, &u))
    return fq_fail(c->error, FQ_E_PARAMS, "org.unknown", "params.org", "没有单位 %s", "no unit %s", org);
  dp_text(t->org, sizeof t->org, org);
  return FQ_OK;
}

static enum fq_status bad(struct fq_call *c, size_t at, const char *member, const char *code, const char *zh,
                          const char *en, const char *what) {
  char path[64];
  snprintf(path, sizeof path, "params.rungs[%zu].%s", at, member);
  return fq_fail(c->error, FQ_E_PARAMS, code, path, "%s%.0s%s", "%.0s%s%s", zh, en, what);
}

/* "unit:<kind>" or "binding:<kind>", several with a space between. */
static enum fq_status check_find(struct fq_call *c, size_t at, const char *find) {
  for (const char *p = find; *p;) {
    size_t n = strcspn(p, " ");
    char way[80], zh[96], en[96];
    bool exclusive;
    if (n >= sizeof way) n = sizeof way - 1;
    dp_text(way, n + 1, p);
    if (!strncmp(way, "binding:", 8)) {
      if (!dp_binding_kind(c->db, way + 8, zh, en, &exclusive))
        return bad(c, at, "find", "binding.kind",
                   "没有这种包保关系:", "there is no such kind of binding: ", way + 8);
    } else if (strncmp(way, "unit:", 5) || !way[5]) {
      return bad(c, at, "find", "ladder.find", "应为 unit:类别 或 binding:类别,而不是 ",
                 "expected unit:<kind> or binding:<kind>, not ", way);
    }
    p += n + strspn(p + n, " ");
  }
  return FQ_OK;
}

static enum fq_status check_rungs(struct fq_call *c) {
  size_t at = 0;
  int last = -1;
  fq_json_each(r, fq_json_get(c->params, "rungs")) {
    int level = dp_level_of(fq_json_str(r, "level"));
    if (level <= last)
      return bad(c, at, "level", "ladder.order",
                 "各级应由低到高、不重复:", "rungs go upwards, each level once: ", fq_json_str(r, "level"));
    last = level;
    enum fq_status s = check_find(c, at, fq_json_str(r, "find"));
    if (s != FQ_OK) return s;
    at++;
  }
  return FQ_OK;
}

enum fq_status dp_ladder_set(struct fq_call *c) {
  const char *name = fq_json_str(c->params, "name");
  if (!strcmp(name, DP_DEFAULT_LADDER))
    return fq_fail(c->error, FQ_E_CONFLICT, "ladder.builtin", "params.name",
                   "内置阶梯 %s 就是组织树,不能改写;请另取名称",
                   "the built-in ladder %s is the org tree itself; choose another name", name);
  enum fq_status s = check_rungs(c);
  if (s != FQ_OK) return s;
  fq_json *data = fq_json_object();
  static const char *const members[] = {"name", "title", "rungs"};
  for (size_t k = 0; k < 3; k++)
    dp_set_opt(data, members[k], c->params, members[k]);
  char *rungs = fq_json_print(fq_json_get(data, "rungs"));
  /* A pack sets its ladder up with each deployment: the same again is no fact. */
  bool same = fq_int(c->db, 0, "SELECT 1 FROM ladder WHERE name = ?1 AND title = ?2 AND rungs = ?3", "sss",
                     name, fq_json_str(data, "title"), rungs);
  free(rungs);
  fq_json_set_str(c->result, "name", name);
  if (same) {
    fq_json_free(data);
    return FQ_OK;
  }
  return fq_emit(c, (struct fq_draft){.kind = "ladder.set", .subject = name, .data = data});
}

enum fq_status dp_fallback_set(struct fq_call *c) {
  const char *org = fq_json_str(c->params, "org"), *owner = fq_json_str(c->params, "owner");
  struct fq_unit u;
  if (owner && !fq_org_unit(c->db, owner, &u))
    return fq_fail(c->error, FQ_E_PARAMS, "org.unknown", "params.owner", "没有单位 %s", "no unit %s", owner);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "org", org);
  if (owner) {
    fq_json_set_str(data, "owner", owner);
    fq_json_set_str(data, "name", u.name);
  }
  fq_json_set_str(c->result, "org", org);
  return fq_emit(c, (struct fq_draft){.kind = "fallback.set", .subject = org, .org = org, .data = data});
}

/* The nearest one up the tree. A unit that is no rung (a department) owns it at the level of the county:
 * there is nobody above it. */
bool dp_fallback_of(fq_db *db, const char *org, struct dp_rung *out) {
  struct fq_unit u;
  char at[FQ_ID_MAX], owner[FQ_ID_MAX] = "";
  if (!fq_int(db, 0, "SELECT 1 FROM fallback LIMIT 1", ""))
    return false; /* most counties: asked with each report */
  dp_text(at, sizeof at, org);
  for (int depth = 0; depth < 16 && *at && !*owner && fq_org_unit(db, at, &u); depth++) {
    fq_stmt *q = fq_sql(db, "SELECT owner FROM fallback WHERE org = ?1", "s", at);
    if (fq_row(q)) {
      dp_text(owner, sizeof owner, fq_col_str(q, 0));
      fq_done(q);
    }
    dp_text(at, sizeof at, u.parent);
  }
  if (!*owner || !fq_org_unit(db, owner, &u)) return false;
  int level = dp_level_of(u.kind);
  *out = (struct dp_rung){.level = level < 0 ? DP_L_COUNTY : (enum dp_level)level, .fallback = true};
  dp_text(out->org, sizeof out->org, u.id);
  dp_text(out->name, sizeof out->name, u.name);
  return true;
}

/* ---- apply, query ----------------------------------------------------------------------------------------
 */

enum fq_status dp_apply_ladder_set(struct fq_apply *a, const struct fq_entry *e) {
  char *rungs = fq_json_print(fq_json_get(e->data, "rungs"));
  fq_exec(a->db, "INSERT OR REPLACE INTO ladder(name, title, rungs) VALUES(?1, ?2, ?3)", "sss", e->subject,
          fq_json_str(e->data, "title"), rungs);
  free(rungs);
  return FQ_OK;
}

enum fq_status dp_apply_fallback_set(struct fq_apply *a, const struct fq_entry *e) {
  const char *owner = fq_json_str(e->data, "owner");
  if (owner)
    fq_exec(a->db, "INSERT OR REPLACE INTO fallback(org, owner) VALUES(?1, ?2)", "ss", e->subject, owner);
  else
    fq_exec(a->db, "DELETE FROM fallback WHERE org = ?1", "s", e->subject);
  return FQ_OK;
}

static fq_json *built_in(void) {
  static const enum dp_level levels[] = {DP_L_GRID, DP_L_VILLAGE, DP_L_TOWNSHIP, DP_L_COUNTY};
  fq_json *l = fq_json_object(), *rungs = fq_json_array();
  fq_json_set_str(l, "name", DP_DEFAULT_LADDER);
  fq_json_set_str(l, "title", "组织树");
  for (size_t k = 0; k < sizeof levels / sizeof *levels; k++) {
    fq_json *r = fq_json_object();
    char find[32];
    snprintf(find, sizeof find, "unit:%s", dp_level_name(levels[k]));
    fq_json_set_str(r, "level", dp_level_name(levels[k]));
    fq_json_set_str(r, "title", dp_level_zh(levels[k]));
    fq_json_set_str(r, "find", find);
    fq_json_push(rungs, r);
  }
  fq_json_set(l, "rungs", rungs);
  return l;
}

enum fq_status dp_ladder_list(struct fq_query *q) {
  fq_json *rows = fq_json_array(), *owners = fq_json_array();
  fq_json_push(rows, built_in());
  fq_stmt *s = fq_sql(q->db, "SELECT name, title, rungs FROM ladder ORDER BY name", "");
  while (fq_row(s)) {
    fq_json *l = fq_json_object();
    const char *rungs = fq_col_str(s, 2);
    fq_json_set_str(l, "name", fq_col_str(s, 0));
    fq_json_set_str(l, "title", fq_col_str(s, 1));
    fq_json_set(l, "rungs", fq_json_parse(rungs, strlen(rungs), NULL));
    fq_json_push(rows, l);
  }
  s = fq_sql(q->db,
             "SELECT f.org, f.owner, o.name FROM fallback f LEFT JOIN org o ON o.id = f.owner ORDER BY f.org",
             "");
  while (fq_row(s)) {
    fq_json *f = fq_json_object();
    fq_json_set_str(f, "org", fq_col_str(s, 0));
    fq_json_set_str(f, "owner", fq_col_str(s, 1));
    if (!fq_col_null(s, 2)) fq_json_set_str(f, "name", fq_col_str(s, 2));
    fq_json_push(owners, f);
  }
  fq_json_set(q->result, "rows", rows);
  fq_json_set(q->result, "fallback", owners);
  return FQ_OK;
}
