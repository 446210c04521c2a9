/*
 * Generations and what is open under them. A subject is decided by the generation of its beginning, or by
 * the one that generation was moved to: moving is an act of its own, which says how many it concerns. Who is
 * alive, the plugins know. Kernel thread; the list on reader threads.
 */
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/module_internal.h"

struct gen {
  int64_t number, seq, moved_to, decides; /* decides: where the chain of moves ends */
};
struct gens {
  struct gen *list; /* rising */
  size_t count;
};

static struct gens load(fq_db *db) {
  struct gens g = {0};
  fq_stmt *q = fq_sql(db, "SELECT gen, seq, moved_to FROM policy_generation ORDER BY gen", "");
  size_t room = 0;
  while (fq_row(q)) {
    if (g.count == room) g.list = fq_realloc(g.list, (room = room ? 2 * room : 64) * sizeof *g.list);
    g.list[g.count++] =
        (struct gen){.number = fq_col_int(q, 0), .seq = fq_col_int(q, 1), .moved_to = fq_col_int(q, 2)};
  }
  for (size_t i = g.count; i-- > 0;) { /* a move goes to a later one: that is known already */
    g.list[i].decides = g.list[i].number;
    for (size_t k = i + 1; g.list[i].moved_to > g.list[i].number && k < g.count; k++)
      if (g.list[k].number == g.list[i].moved_to) g.list[i].decides = g.list[k].decides;
  }
  return g;
}

static int64_t alive(const struct fq_policy *p, fq_db *db, int64_t from, int64_t to) {
  int64_t n = 0;
  for (size_t i = 0; i < p->modules_count; i++)
    if (p->modules[i].table->alive) n += p->modules[i].table->alive(p->modules[i].self, db, from, to);
  return n;
}

/* Neighbours with one fate are asked about together: after a move that is one question for all before it. */
static int64_t under(const struct fq_policy *p, fq_db *db, const struct gens *g, int64_t first,
                     int64_t last) {
  int64_t n = 0;
  for (size_t i = 0; i < g->count;) {
    size_t k = i;
    while (k < g->count && g->list[k].decides >= first && g->list[k].decides <= last)
      k++;
    if (k > i) n += alive(p, db, g->list[i].seq, k < g->count ? g->list[k].seq : INT64_MAX);
    i = k > i ? k : i + 1;
  }
  return n;
}

int64_t fq_policy_under(struct fq_policy *p, fq_db *db, int64_t first, int64_t last) {
  struct gens g = load(db);
  int64_t n = under(p, db, &g, first, last);
  free(g.list);
  return n;
}

void fq_policy_set_moved(fq_db *db, int64_t first, int64_t last, int64_t to) {
  fq_exec(db, "UPDATE policy_generation SET moved_to = ? WHERE gen >= ? AND gen <= ? AND moved_to = 0", "iii",
          to, first, last);
}

enum fq_status fq_policy_apply_moved(struct fq_apply *a, const struct fq_entry *e) {
  int64_t from = fq_json_int(e->data, "from", 0), to = fq_json_int(e->data, "to", 0);
  fq_policy_set_moved(a->db, from ? from : 1, from ? from : to - 1, to);
  return fq_policy_apply_act(a, e);
}

static enum fq_status check_from(struct fq_call *c, int64_t from, int64_t to) {
  int64_t moved = fq_int(c->db, -1, "SELECT moved_to FROM policy_generation WHERE gen = ?", "i", from);
  if (moved < 0)
    return fq_fail(c->error, FQ_E_NOT_FOUND, "policy.unknown_generation", "from", "没有第 %lld 代规则",
                   "there is no generation %lld", (long long)from);
  if (from == to)
    return fq_fail(c->error, FQ_E_CONFLICT, "policy.current_generation", "from",
                   "第 %lld 代就是现行的一代,无可移动", "generation %lld is the present one: nothing to move",
                   (long long)from);
  if (moved)
    return fq_fail(c->error, FQ_E_CONFLICT, "policy.moved_already", "from",
                   "第 %lld 代的未结事项早已移到第 %lld 代",
                   "what was open under generation %lld has been moved to %lld already", (long long)from,
                   (long long)moved);
  return FQ_OK;
}

enum fq_status fq_policy_move(struct fq_call *c) {
  int64_t from = fq_json_int(c->params, "from", 0), to = fq_policy_current(c->db);
  enum fq_status st = fq_policy_alone(c);
  if (st) return st;
  if (!to)
    return fq_fail(c->error, FQ_E_CONFLICT, "policy.none", "", "还没有部署过规则包",
                   "no pack was ever deployed");
  if (from && (st = check_from(c, from, to))) return st;
  int64_t count = fq_policy_under(c->self, c->db, from ? from : 1, from ? from : to - 1);
  int64_t pending =
      fq_int(c->db, 0,
             "SELECT count(*) FROM policy_generation WHERE gen < ?1 AND moved_to = 0 AND (?2 = 0 "
             "OR gen = ?2)",
             "ii", to, from);
  fq_json_set_int(c->result, "moved", count);
  fq_json_set_int(c->result, "to", to);
  if (!pending) return FQ_OK; /* everything is there already */
  fq_json *data = fq_json_object();
  if (from) fq_json_set_int(data, "from", from);
  fq_json_set_int(data, "to", to);
  fq_json_set_int(data, "count", count);
  fq_json_set_str(data, "note", fq_json_str(c->params, "note"));
  return fq_emit(c, (struct fq_draft){.kind = "policy.moved", .data = data});
}

/* Packs that a roll-back has replaced for what began under it. */
static fq_json *replaced_in(fq_db *db, int64_t gen) {
  fq_json *list = fq_json_array();
  fq_stmt *q = fq_sql(db,
                      "SELECT i.pack, i.as_of, p.version FROM policy_pin i JOIN policy_pack p ON p.gen = "
                      "i.as_of AND p.pack = i.pack WHERE i.gen = ? ORDER BY i.pack",
                      "i", gen);
  while (fq_row(q)) {
    fq_json *o = fq_json_object();
    fq_json_set_str(o, "pack", fq_col_str(q, 0));
    fq_json_set_int(o, "generation", fq_col_int(q, 1));
    fq_json_set_str(o, "version", fq_col_str(q, 2));
    fq_json_push(list, o);
  }
  return list;
}

static fq_json *packs_of(fq_db *db, int64_t gen) {
  fq_json *list = fq_json_array();
  fq_stmt *q = fq_sql(db, "SELECT pack, version FROM policy_pack WHERE gen = ? ORDER BY pack", "i", gen);
  while (fq_row(q)) {
    fq_json *o = fq_json_object();
    fq_json_set_str(o, "pack", fq_col_str(q, 0));
    fq_json_set_str(o, "version", fq_col_str(q, 1));
    fq_json_push(list, o);
  }
  return list;
}

enum fq_status fq_policy_generations(struct fq_query *q) {
  struct fq_policy *p = q->self;
  int64_t limit = fq_json_int(q->params, "limit", 100), current = fq_policy_current(q->db), last = 0;
  struct gens g = load(q->db);
  fq_json *rows = fq_json_array();
  fq_stmt *s = fq_sql(q->db,
                      "SELECT gen, at_ms, actor, moved_to FROM policy_generation WHERE gen < ? ORDER BY gen "
                      "DESC LIMIT ?",
                      "ii", fq_json_int(q->params, "after", INT64_MAX), limit);
  while (fq_row(s)) {
    fq_json *o = fq_json_object();
    last = fq_col_int(s, 0);
    int64_t open = under(p, q->db, &g, last, last);
    /* What began before there was any policy is decided by whatever is active. */
    if (last == current) open += alive(p, q->db, 0, g.list[0].seq);
    fq_json_set_int(o, "generation", last);
    fq_json_set_time(o, "at", fq_col_int(s, 1));
    fq_json_set_str(o, "actor", fq_col_str(s, 2));
    fq_json_set(o, "packs", packs_of(q->db, last));
    fq_json_set_int(o, "open", open);
    if (fq_col_int(s, 3)) fq_json_set_int(o, "moved_to", fq_col_int(s, 3));
    fq_json *replaced = fq_col_int(s, 3) ? NULL : replaced_in(q->db, last);
    if (fq_json_size(replaced))
      fq_json_set(o, "replaced", replaced);
    else
      fq_json_free(replaced);
    fq_json_push(rows, o);
  }
  if ((int64_t)fq_json_size(rows) == limit && last > 1) fq_json_set_int(q->result, "next", last);
  fq_json_set_int(q->result, "generation", current);
  fq_json_set(q->result, "rows", rows);
  free(g.list);
  return FQ_OK;
}
