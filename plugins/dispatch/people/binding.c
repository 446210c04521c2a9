/*
 * binding.c - responsibility bindings (包保): who answers for a unit, a household, a courtyard, from when to
 * when. A kind with one holder a subject is exclusive: a second one is refused, naming the first. Subjects
 * are a unit's code or an address code: a unit's code, then parts with a '/' before each
 * ("430525100201-01/东院/12"). Kernel thread; queries on reader threads.
 */
#include <stdio.h>
#include <string.h>

#include "people/people.h"

/* Known without any pack; a pack's dictionary "bindings" adds its own and may rename these. */
static const struct {
  const char *code, *zh, *en;
  bool exclusive, address; /* address: the subject is one, not a unit */
} known[] = {
    {"county_leader", "县级领导联点", "county leader of a village", false, false},
    {"township_cadre", "乡镇干部包片", "township cadre of an area", false, false},
    {"village_committee", "村两委包组", "village committee member of a group", false, false},
    {"group_head", "组长联户", "group head of households", false, false},
    {"community_cadre", "社区干部包楼栋", "community cadre of a building", false, false},
    {"party_member", "党员联人", "party member of a person", false, false},
    {"relative", "亲属", "relative", false, true},
    {"household", "户长", "household head", true, true},
    {"courtyard", "院落长", "courtyard head", true, true},
    {"grid_head", "网格长", "grid head", true, false},
    {"village_head", "村长", "village head", true, false},
    {"police_post", "派出所所长", "head of the police post", true, false},
    {"township_head", "乡长", "township head", true, false},
};

static int built_in(const char *kind) {
  for (size_t k = 0; kind && k < sizeof known / sizeof *known; k++)
    if (!strcmp(known[k].code, kind)) return (int)k;
  return -1;
}

bool dp_binding_kind(fq_db *db, const char *kind, char zh[96], char en[96], bool *exclusive) {
  int k = built_in(kind);
  bool there = fq_term(db, "bindings", kind, zh, en);
  *exclusive = k >= 0 && known[k].exclusive;
  if (k >= 0 && !there) {
    dp_text(zh, 96, known[k].zh);
    dp_text(en, 96, known[k].en);
  }
  if (there)
    *exclusive |= fq_int(db, 0,
                         "SELECT attributes LIKE '%\"exclusive\":\"yes\"%' FROM dictionary"
                         " WHERE name = 'bindings' AND code = ?1",
                         "s", kind) != 0;
  return there || k >= 0;
}

/* ---- who holds it
 * ------------------------------------------------------------------------------------------ */

struct choice {
  char holder[FQ_ID_MAX], subject[256];
  bool found;
};

/* Of those bound to this subject the first who is there (himself or by deputy), else the first. */
static bool holder_of(fq_db *db, const char *kind, const char *subject, int64_t at_ms, struct choice *first) {
  char users[8][FQ_ID_MAX];
  size_t n = 0;
  fq_stmt *q = fq_sql(db,
                      "SELECT holder FROM binding WHERE subject = ?1 AND kind = ?2 AND from_ms <= ?3"
                      " AND (until_ms IS NULL OR until_ms > ?3)"
                      " UNION ALL SELECT b.holder FROM binding_cover c JOIN binding b ON b.n = c.binding"
                      " WHERE c.address = ?1 AND b.kind = ?2 AND b.from_ms <= ?3"
                      " AND (b.until_ms IS NULL OR b.until_ms > ?3) LIMIT 8",
                      "ssi", subject, kind, at_ms);
  while (fq_row(q))
    dp_text(users[n++], FQ_ID_MAX, fq_col_str(q, 0));
  for (size_t x = 0; x < n; x++) {
    struct dp_who who;
    bool there = dp_stand_in(db, users[x], at_ms, &who, NULL);
    if (!there && first->found) continue;
    dp_text(first->holder, sizeof first->holder, users[x]);
    dp_text(first->subject, sizeof first->subject, subject);
    first->found = true;
    if (there) return true;
  }
  return false;
}

bool dp_binding_holder(fq_db *db, const char *kind, const char *org, const char *address, int64_t at_ms,
                       char holder[FQ_ID_MAX], char subject_org[FQ_ID_MAX]) {
  struct choice c = {.found = false};
  struct fq_unit u;
  char at[256];
  bool there = false;
  /* The household, the courtyard it says it is in, ... */
  dp_text(at, sizeof at, address);
  for (char *slash = strrchr(at, '/'); slash && !there; slash = strrchr(at, '/')) {
    there = holder_of(db, kind, at, at_ms, &c);
    *slash = '\0';
  }
  /* ... the grid and what is above it. */
  dp_text(at, sizeof at, org);
  for (int depth = 0; depth < 16 && !there && *at && fq_org_unit(db, at, &u); depth++) {
    there = holder_of(db, kind, at, at_ms, &c);
    dp_text(at, sizeof at, u.parent);
  }
  if (!c.found) return false;
  dp_text(holder, FQ_ID_MAX, c.holder);
  dp_address_unit(db, c.subject, subject_org);
  return true;
}

/* ---- binding.set
 * ------------------------------------------------------------------------------------------- */

struct bound {
  int64_t n, from_ms, until_ms; /* until 0: open */
  char kind[FQ_ID_MAX], holder[FQ_ID_MAX], subject[256], org[FQ_ID_MAX];
};

static bool load(fq_db *db, const char *id, struct bound *b) {
  *b = (struct bound){.n = dp_id_n(id, 'b')};
  fq_stmt *q =
      fq_sql(db, "SELECT kind, holder, subject, org, from_ms, until_ms FROM binding WHERE n = ?1", "i", b->n);
  if (!fq_row(q)) return false;
  dp_text(b->kind, sizeof b->kind, fq_col_str(q, 0));
  dp_text(b->holder, sizeof b->holder, fq_col_str(q, 1));
  dp_text(b->subject, sizeof b->subject, fq_col_str(q, 2));
  dp_text(b->org, sizeof b->org, fq_col_str(q, 3));
  b->from_ms = fq_col_int(q, 4);
  b->until_ms = fq_col_int(q, 5);
  fq_done(q);
  return true;
}

static enum fq_status unknown(struct fq_call *c, const char *id) {
  return fq_fail(c->error, FQ_E_NOT_FOUND, "binding.unknown", "params.id", "没有包保关系 %s", "no binding %s",
                 id);
}

/* The subject's unit; with params.id also that of the binding as it was. */
enum fq_status dp_target_binding(struct fq_call *c, struct fq_target *t) {
  const char *id = fq_json_str(c->params, "id"), *subject = fq_json_str(c->params, "subject");
  struct bound b;
  if (id && !load(c->db, id, &b)) return unknown(c, id);
  dp_address_unit(c->db, subject ? subject : b.subject, t->org);
  if (!*t->org)
    return fq_fail(c->error, FQ_E_PARAMS, "subject.unknown", "params.subject",
                   "%s 不以已有单位的代码开头(如 430525100201-01/12)",
                   "%s does not begin with the code of a unit (such as 430525100201-01/12)", subject);
  if (id && !c->actor->system && !fq_org_within(c->db, b.org, c->actor->org))
    return fq_fail(c->error, FQ_E_FORBIDDEN, "org.foreign", "params.id", "%s 不在您的辖区内",
                   "%s is not within your unit", b.org);
  return FQ_OK;
}

/* Another one that is in force at the same time. */
static enum fq_status free_of_others(struct fq_call *c, const struct bound *b, bool exclusive,
                                     const char *title_zh, const char *title_en) {
  fq_stmt *q = fq_sql(c->db,
                      "SELECT n, holder FROM binding WHERE subject = ?1 AND kind = ?2 AND n != ?3"
                      " AND from_ms < ?5 AND (until_ms IS NULL OR until_ms > ?4) AND (?6 OR holder = ?7)"
                      " ORDER BY n LIMIT 1",
                      "ssiiiis", b->subject, b->kind, b->n, b->from_ms, b->until_ms ? b->until_ms : INT64_MAX,
                      (int64_t)exclusive, b->holder);
  if (!fq_row(q)) return FQ_OK;
  char id[FQ_ID_MAX], holder[FQ_ID_MAX], name[96];
  dp_id_make(id, 'b', fq_col_int(q, 0));
  dp_text(holder, sizeof holder, fq_col_str(q, 1));
  fq_done(q);
  dp_display(c->db, holder, name);
  return fq_fail(
      c->error, FQ_E_CONFLICT, "binding.taken", "params.holder", "%s 的%s%.0s同期已是 %s(%s);请先结束那一条",
      "%s: the %.0s%s then is already %s (%s); end that one first", b->subject, title_zh, title_en, name, id);
}

static enum fq_status read_bound(struct fq_call *c, struct bound *b) {
  const char *id = fq_json_str(c->params, "id"), *from = fq_json_str(c->params, "from");
  const char *until = fq_json_str(c->params, "until");
  *b = (struct bound){.n = 0};
  if (id && !load(c->db, id, b)) return unknown(c, id);
  dp_text(b->kind, sizeof b->kind, fq_json_str(c->params, "kind"));
  dp_text(b->holder, sizeof b->holder, fq_json_str(c->params, "holder"));
  dp_text(b->subject, sizeof b->subject, fq_json_str(c->params, "subject"));
  dp_address_unit(c->db, b->subject, b->org);
  if (from || !b->n) b->from_ms = from ? fq_time_parse(from) : c->now_ms;
  if (until || !b->n) b->until_ms = until ? fq_time_parse(until) : 0;
  if (b->until_ms && b->until_ms <= b->from_ms)
    return fq_fail(c->error, FQ_E_PARAMS, "binding.times", "params.until", "结束须晚于开始",
                   "it ends before it begins");
  return FQ_OK;
}

/* What params say, and may it be so? `n` 0: it is not there yet. */
static enum fq_status checked(struct fq_call *c, struct bound *b, char zh[96], char en[96]) {
  bool exclusive;
  enum fq_status s = read_bound(c, b);
  if (s != FQ_OK) return s;
  if (!dp_binding_kind(c->db, b->kind, zh, en, &exclusive))
    return fq_fail(c->error, FQ_E_PARAMS, "binding.kind", "params.kind",
                   "没有这种包保关系:%s(见词典 bindings)",
                   "no such kind of binding: %s (see dictionary bindings)", b->kind);
  int k = built_in(b->kind);
  if (k >= 0 && known[k].address && !strchr(b->subject, '/'))
    return fq_fail(c->error, FQ_E_PARAMS, "binding.subject", "params.subject",
                   "%s%.0s管的是一户或一院,应写地址编码(如 %s/12)",
                   "%.0sa %s answers for an address: write its code, such as %s/12", zh, en, b->subject);
  if (!fq_int(c->db, 0, "SELECT 1 FROM account WHERE name = ?1 AND disabled = 0", "s", b->holder))
    return fq_fail(c->error, FQ_E_PARAMS, "user.unknown", "params.holder", "没有用户 %s", "no user %s",
                   b->holder);
  return free_of_others(c, b, exclusive, zh, en);
}

enum fq_status dp_binding_check(struct fq_call *c) {
  struct bound b;
  char zh[96], en[96];
  return checked(c, &b, zh, en);
}

enum fq_status dp_binding_set(struct fq_call *c) {
  struct bound b;
  char zh[96], en[96], name[96], id[FQ_ID_MAX];
  enum fq_status s = checked(c, &b, zh, en);
  if (s != FQ_OK) return s;
  if (!b.n) b.n = fq_next_seq(c);
  dp_display(c->db, b.holder, name);
  dp_id_make(id, 'b', b.n);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "id", id);
  fq_json_set_str(data, "kind", b.kind);
  fq_json_set_str(data, "title", zh);
  fq_json_set_str(data, "holder", b.holder);
  fq_json_set_str(data, "display", name);
  fq_json_set_str(data, "subject", b.subject);
  fq_json_set_time(data, "from", b.from_ms);
  if (b.until_ms) fq_json_set_time(data, "until", b.until_ms);
  dp_set_opt(data, "note", c->params, "note");
  dp_set_opt(data, "covers", c->params, "covers");
  char audience[FQ_ID_MAX + 8];
  snprintf(audience, sizeof audience, "user/%s", b.holder);
  fq_json_set_str(c->result, "id", id);
  return fq_emit(c,
                 (struct fq_draft){
                     .kind = "binding.set", .subject = id, .org = b.org, .audience = audience, .data = data});
}

enum fq_status dp_binding_end(struct fq_call *c) {
  struct bound b;
  const char *id = fq_json_str(c->params, "id"), *at = fq_json_str(c->params, "at");
  if (!load(c->db, id, &b)) return unknown(c, id);
  int64_t at_ms = at ? fq_time_parse(at) : c->now_ms;
  if (b.until_ms && b.until_ms <= c->now_ms)
    return fq_fail(c->error, FQ_E_CONFLICT, "binding.closed", "params.id", "包保关系 %s 已经结束",
                   "%s has ended already", id);
  if (!at && at_ms < b.from_ms) at_ms = b.from_ms; /* it never was in force */
  if (at_ms < b.from_ms)
    return fq_fail(c->error, FQ_E_PARAMS, "binding.times", "params.at", "结束须晚于开始",
                   "it ends before it begins");
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "id", id);
  fq_json_set_str(data, "kind", b.kind);
  fq_json_set_str(data, "holder", b.holder);
  fq_json_set_str(data, "subject", b.subject);
  fq_json_set_time(data, "until", at_ms);
  dp_set_opt(data, "reason", c->params, "reason");
  char audience[FQ_ID_MAX + 8];
  snprintf(audience, sizeof audience, "user/%s", b.holder);
  fq_json_set_str(c->result, "id", id);
  return fq_emit(
      c, (struct fq_draft){
             .kind = "binding.ended", .subject = id, .org = b.org, .audience = audience, .data = data});
}

/* ---- apply, query ----------------------------------------------------------------------------------------
 */

enum fq_status dp_apply_binding_set(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data, *covers = fq_json_get(d, "covers");
  const char *until = fq_json_str(d, "until");
  int64_t n = dp_id_n(e->subject, 'b');
  fq_exec(a->db,
          "INSERT INTO binding(n, kind, holder, subject, org, from_ms, until_ms, note)"
          " VALUES(?1, ?2, ?3, ?4, ?5, ?6, nullif(?7, 0), ?8) ON CONFLICT(n) DO UPDATE SET kind = ?2, holder "
          "= ?3,"
          " subject = ?4, org = ?5, from_ms = ?6, until_ms = nullif(?7, 0), note = coalesce(?8, note)",
          "issssiis", n, fq_json_str(d, "kind"), fq_json_str(d, "holder"), fq_json_str(d, "subject"), e->org,
          fq_time_parse(fq_json_str(d, "from")), until ? fq_time_parse(until) : 0, fq_json_str(d, "note"));
  if (!covers) return FQ_OK;
  fq_exec(a->db, "DELETE FROM binding_cover WHERE binding = ?1", "i", n);
  fq_json_each(m, covers)
      fq_exec(a->db, "INSERT OR IGNORE INTO binding_cover(address, binding) VALUES(?1, ?2)", "si",
              fq_json_as_str(m), n);
  return FQ_OK;
}

enum fq_status dp_apply_binding_ended(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE binding SET until_ms = ?2 WHERE n = ?1", "ii", dp_id_n(e->subject, 'b'),
          fq_time_parse(fq_json_str(e->data, "until")));
  return FQ_OK;
}

static fq_json *row(fq_db *db, fq_stmt *s) {
  fq_json *r = fq_json_object();
  char id[FQ_ID_MAX], zh[96], en[96];
  bool exclusive;
  dp_id_make(id, 'b', fq_col_int(s, 0));
  fq_json_set_str(r, "id", id);
  fq_json_set_str(r, "kind", fq_col_str(s, 1));
  if (dp_binding_kind(db, fq_col_str(s, 1), zh, en, &exclusive)) {
    fq_json_set_str(r, "kind_zh", zh);
    fq_json_set_str(r, "kind_en", en);
  }
  fq_json_set_str(r, "holder", fq_col_str(s, 2));
  if (!fq_col_null(s, 3)) fq_json_set_str(r, "display", fq_col_str(s, 3));
  fq_json_set_str(r, "subject", fq_col_str(s, 4));
  fq_json_set_str(r, "org", fq_col_str(s, 5));
  fq_json_set_time(r, "from", fq_col_int(s, 6));
  if (!fq_col_null(s, 7)) fq_json_set_time(r, "until", fq_col_int(s, 7));
  if (!fq_col_null(s, 8)) fq_json_set_str(r, "note", fq_col_str(s, 8));
  return r;
}

#define LIST                                                                                                 \
  "SELECT b.n, b.kind, b.holder, a.display, b.subject, b.org, b.from_ms, b.until_ms, b.note FROM binding b"  \
  " JOIN org o ON o.id = b.org LEFT JOIN account a ON a.name = b.holder WHERE "
#define LIST_REST                                                                                            \
  " AND (?2 IS NULL OR b.holder = ?2) AND (?3 IS NULL OR b.kind = ?3) AND substr(o.path, 1, length(?4)) = "  \
  "?4"                                                                                                       \
  " AND (?5 = 0 OR (b.from_ms <= ?5 AND (b.until_ms IS NULL OR b.until_ms > ?5))) AND b.n > ?6"              \
  " AND (?8 = 0 OR b.until_ms <= ?8)"                                                                        \
  " ORDER BY b.n LIMIT ?7"

/* By what is the narrowest, so that an index leads to it. */
enum fq_status dp_binding_list(struct fq_query *q) {
  const char *subject = fq_json_str(q->params, "subject"), *holder = fq_json_str(q->params, "holder");
  const char *at = fq_json_str(q->params, "at"), *after = fq_json_str(q->params, "after");
  const char *ends = fq_json_str(q->params, "ends_before"), *org = fq_json_str(q->params, "org");
  int64_t limit = fq_json_int(q->params, "limit", 50), last = 0;
  char below[512] = "";
  enum fq_status reach = org ? dp_org_reach(q, org, "params.org") : FQ_OK;
  if (reach != FQ_OK) return reach;
  if (!org && !q->actor->system) org = q->actor->org;
  if (!dp_area_reach(q->actor)) holder = q->actor->name; /* a phone asks for what is its owner's */
  if (org && dp_area_reach(q->actor)) {
    fq_stmt *s = fq_sql(q->db, "SELECT path FROM org WHERE id = ?1", "s", org);
    if (fq_row(s)) {
      dp_text(below, sizeof below, fq_col_str(s, 0));
      fq_done(s);
    }
  }
  const char *sql = subject  ? LIST "b.subject = ?1" LIST_REST
                    : holder ? LIST "(?1 IS NULL AND b.holder = ?2)" LIST_REST
                             : LIST "?1 IS NULL" LIST_REST;
  fq_json *rows = fq_json_array();
  fq_stmt *s = fq_sql(q->db, sql, "ssssiiii", subject, holder, fq_json_str(q->params, "kind"), below,
                      at ? fq_time_parse(at) : (int64_t)0, dp_id_n(after, 'b'), limit + 1,
                      ends ? fq_time_parse(ends) : (int64_t)0);
  int64_t count = 0;
  while (fq_row(s)) {
    if (count++ == limit) {
      char next[FQ_ID_MAX];
      dp_id_make(next, 'b', last);
      fq_json_set_str(q->result, "next", next);
      fq_done(s);
      break;
    }
    last = fq_col_int(s, 0);
    fq_json_push(rows, row(q->db, s));
  }
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}
