/*
 * roster.c - the duty roster (值班): roster.set, roster.remove, roster.override (调班), and who has duty now.
 * A unit keeps a roster while its shifts reach from the past into the future; when the last has run out it is
 * as if there were none, so that a forgotten roster empties no rung. A shift that has ended is a record of
 * who had duty: nothing changes it. Kernel thread; queries on reader threads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "people/people.h"

#define DAY_MS         INT64_C(86400000)
#define SHIFT_MAX_MS   (31 * DAY_MS)
#define WINDOW_MAX_MS  (92 * DAY_MS)
#define SHIFTS_A_ENTRY 1000 /* n of a shift: the entry's number and its place in it */
#define REPLACED_MAX   16

struct shift {
  int64_t n, from_ms, until_ms;
  char org[FQ_ID_MAX], user[FQ_ID_MAX], post[64];
};

static bool load(fq_db *db, const char *id, struct shift *out) {
  *out = (struct shift){.n = dp_id_n(id, 'd')};
  fq_stmt *q =
      fq_sql(db, "SELECT org, user, from_ms, until_ms, post FROM duty_shift WHERE n = ?1", "i", out->n);
  if (!fq_row(q)) return false;
  dp_text(out->org, sizeof out->org, fq_col_str(q, 0));
  dp_text(out->user, sizeof out->user, fq_col_str(q, 1));
  out->from_ms = fq_col_int(q, 2);
  out->until_ms = fq_col_int(q, 3);
  dp_text(out->post, sizeof out->post, fq_col_str(q, 4));
  fq_done(q);
  return true;
}

static enum fq_status unknown(struct fq_call *c) {
  const char *id = fq_json_str(c->params, "id");
  return fq_fail(c->error, FQ_E_NOT_FOUND, "roster.unknown", "params.id", "没有班次 %s", "no shift %s",
                 id ? id : "");
}

enum fq_status dp_target_roster_shift(struct fq_call *c, struct fq_target *t) {
  struct shift s;
  if (!load(c->db, fq_json_str(c->params, "id"), &s)) return unknown(c);
  dp_text(t->org, sizeof t->org, s.org);
  return FQ_OK;
}

/* "user/a user/b": each once. */
static char *audience_of(const fq_json *rows) {
  size_t cap = 1 + fq_json_size(rows) * (FQ_ID_MAX + 8), len = 0;
  char *out = calloc(1, cap);
  if (!out) abort();
  fq_json_each(r, rows) {
    char item[FQ_ID_MAX + 8];
    size_t n = (size_t)snprintf(item, sizeof item, "user/%s ", fq_json_str(r, "user"));
    if (!strstr(out, item)) memcpy(out + len, item, n + 1), len += n;
  }
  if (len) out[len - 1] = '\0';
  return out;
}

/* ---- roster.set
 * -------------------------------------------------------------------------------------------- */

static enum fq_status wrong(struct fq_call *c, size_t at, const char *member, enum fq_status st,
                            const char *code, const char *zh, const char *en) {
  char path[64];
  snprintf(path, sizeof path, "params.rows[%zu].%s", at, member);
  return fq_fail(c->error, st, code, path, "%s%.0s", "%.0s%s", zh, en);
}

static enum fq_status overlaps(struct fq_call *c, const char *path, const char *user, int64_t from_ms,
                               int64_t until_ms) {
  fq_stmt *q = fq_sql(
      c->db, "SELECT n, org FROM duty_shift WHERE user = ?1 AND until_ms > ?2 AND from_ms < ?3 LIMIT 1",
      "sii", user, from_ms, until_ms);
  if (!fq_row(q)) return FQ_OK;
  char id[FQ_ID_MAX], org[FQ_ID_MAX], name[96];
  dp_id_make(id, 'd', fq_col_int(q, 0));
  dp_text(org, sizeof org, fq_col_str(q, 1));
  fq_done(q);
  dp_display(c->db, user, name);
  return fq_fail(c->error, FQ_E_CONFLICT, "roster.overlap", path, "%s 同时已有班次 %s(%s)",
                 "%s has a shift at that time already: %s (%s)", name, id, org);
}

static enum fq_status check_times(struct fq_call *c, size_t at, int64_t from_ms, int64_t until_ms) {
  if (until_ms <= from_ms || until_ms - from_ms > SHIFT_MAX_MS)
    return wrong(c, at, "until", FQ_E_PARAMS, "roster.times", "班次应晚于开始、不超过 31 天",
                 "a shift ends after it begins, within 31 days");
  if (until_ms <= c->now_ms)
    return wrong(c, at, "until", FQ_E_CONFLICT, "roster.closed", "该班次已过,不能补排",
                 "that shift is over: a roster is not written afterwards");
  return FQ_OK;
}

/* He exists, and whoever writes the roster has a say over him. */
static enum fq_status check_user(struct fq_call *c, const char *org, const char *user, const char *path) {
  char at[FQ_ID_MAX] = "";
  fq_stmt *q = fq_sql(c->db, "SELECT org FROM account WHERE name = ?1 AND disabled = 0", "s", user);
  if (fq_row(q)) {
    dp_text(at, sizeof at, fq_col_str(q, 0));
    fq_done(q);
  }
  if (!*at) return fq_fail(c->error, FQ_E_PARAMS, "user.unknown", path, "没有用户 %s", "no user %s", user);
  if (c->actor->system || fq_org_within(c->db, at, org) || fq_org_within(c->db, at, c->actor->org))
    return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "org.foreign", path, "%s 不在您的辖区内",
                 "%s is not within your unit", user);
}

enum fq_status dp_roster_set(struct fq_call *c) {
  const char *org = fq_json_str(c->params, "org");
  fq_json *rows = fq_json_array(), *ids = fq_json_array();
  enum fq_status s = FQ_OK;
  int64_t base = fq_next_seq(c) * SHIFTS_A_ENTRY;
  size_t at = 0;
  fq_json_each(r, fq_json_get(c->params, "rows")) {
    const char *user = fq_json_str(r, "user");
    int64_t from_ms = fq_time_parse(fq_json_str(r, "from")),
            until_ms = fq_time_parse(fq_json_str(r, "until"));
    char path[64], id[FQ_ID_MAX], name[96];
    snprintf(path, sizeof path, "params.rows[%zu].user", at);
    s = check_times(c, at, from_ms, until_ms);
    if (s == FQ_OK) s = check_user(c, org, user, path);
    if (s == FQ_OK) s = overlaps(c, path, user, from_ms, until_ms);
    if (s == FQ_OK) {
      fq_json_each(other, rows) {
        if (strcmp(fq_json_str(other, "user"), user) ||
            fq_time_parse(fq_json_str(other, "until")) <= from_ms ||
            fq_time_parse(fq_json_str(other, "from")) >= until_ms)
          continue;
        s = wrong(c, at, "user", FQ_E_CONFLICT, "roster.overlap", "同一人的两个班次重叠",
                  "two shifts of one user overlap");
        break;
      }
    }
    if (s != FQ_OK) break;
    dp_id_make(id, 'd', base + (int64_t)at++);
    dp_display(c->db, user, name);
    fq_json *row = fq_json_object();
    fq_json_set_str(row, "id", id);
    fq_json_set_str(row, "user", user);
    fq_json_set_str(row, "display", name);
    fq_json_set_time(row, "from", from_ms);
    fq_json_set_time(row, "until", until_ms);
    dp_set_opt(row, "post", r, "post");
    fq_json_push(rows, row);
    fq_json_push(ids, fq_json_new_str(id));
  }
  if (s != FQ_OK) {
    fq_json_free(rows);
    fq_json_free(ids);
    return s;
  }
  char *audience = audience_of(rows);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "org", org);
  fq_json_set(data, "rows", rows);
  fq_json_set(c->result, "shifts", ids);
  s = fq_emit(c, (struct fq_draft){
                     .kind = "roster.set", .subject = org, .org = org, .audience = audience, .data = data});
  free(audience);
  return s;
}

/* A shift to come is taken out; one that runs ends now. */
enum fq_status dp_roster_remove(struct fq_call *c) {
  struct shift s;
  if (!load(c->db, fq_json_str(c->params, "id"), &s)) return unknown(c);
  if (s.until_ms <= c->now_ms)
    return fq_fail(c->error, FQ_E_CONFLICT, "roster.closed", "params.id", "该班次已结束,记录不能更改",
                   "that shift has ended: its record stays");
  char id[FQ_ID_MAX], audience[FQ_ID_MAX + 8];
  dp_id_make(id, 'd', s.n);
  snprintf(audience, sizeof audience, "user/%s", s.user);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "id", id);
  fq_json_set_str(data, "org", s.org);
  fq_json_set_str(data, "user", s.user);
  fq_json_set_time(data, "from", s.from_ms);
  fq_json_set_time(data, "until", s.until_ms);
  dp_set_opt(data, "reason", c->params, "reason");
  fq_json_set_str(c->result, "id", id);
  return fq_emit(
      c, (struct fq_draft){
             .kind = "roster.removed", .subject = s.org, .org = s.org, .audience = audience, .data = data});
}

/* ---- roster.override
 * --------------------------------------------------------------------------------------- */

/* The times asked for: a day in the county (Beijing time), or from-until. */
static enum fq_status window(struct fq_call *c, int64_t *from_ms, int64_t *until_ms) {
  const char *date = fq_json_str(c->params, "date"), *from = fq_json_str(c->params, "from");
  const char *until = fq_json_str(c->params, "until");
  *from_ms = *until_ms = -1;
  if (date && !from && !until) {
    char text[48];
    snprintf(text, sizeof text, "%.16sT00:00:00+08:00", date);
    *from_ms = fq_time_parse(text);
    *until_ms = *from_ms + DAY_MS;
  } else if (from && until && !date) {
    *from_ms = fq_time_parse(from);
    *until_ms = fq_time_parse(until);
  }
  if (*from_ms < 0 || *until_ms <= *from_ms)
    return fq_fail(c->error, FQ_E_PARAMS, "roster.times", "params", "写 date(如 2026-11-22),或 from 与 until",
                   "give a date (such as 2026-11-22), or from and until");
  if (*until_ms <= c->now_ms)
    return fq_fail(c->error, FQ_E_CONFLICT, "roster.closed", "params", "该时段已过,值班记录不能更改",
                   "that time is over: the record of who had duty stays");
  return FQ_OK;
}

/* His shifts at the unit within the time, which nobody else has taken yet. */
static size_t shifts_of(struct fq_call *c, const char *org, const char *user, int64_t from_ms,
                        int64_t until_ms, struct shift out[REPLACED_MAX]) {
  size_t n = 0;
  fq_stmt *q = fq_sql(
      c->db,
      "SELECT n, from_ms, until_ms, post FROM duty_shift WHERE user = ?1 AND org = ?2 AND until_ms > ?3"
      " AND from_ms < ?4 ORDER BY from_ms LIMIT 16",
      "ssii", user, org, from_ms, until_ms);
  while (fq_row(q)) {
    struct shift *s = &out[n++];
    *s = (struct shift){.n = fq_col_int(q, 0)};
    s->from_ms = fq_col_int(q, 1) > from_ms ? fq_col_int(q, 1) : from_ms;
    s->until_ms = fq_col_int(q, 2) < until_ms ? fq_col_int(q, 2) : until_ms;
    dp_text(s->post, sizeof s->post, fq_col_str(q, 3));
  }
  return n;
}

static enum fq_status replace(struct fq_call *c, const struct shift *s, fq_json *ids) {
  const char *org = fq_json_str(c->params, "org"), *user = fq_json_str(c->params, "user");
  const char *instead_of = fq_json_str(c->params, "instead_of");
  char id[FQ_ID_MAX], name[96], audience[2 * (FQ_ID_MAX + 8)];
  enum fq_status st = overlaps(c, "params.user", user, s->from_ms, s->until_ms);
  if (st != FQ_OK) return st;
  if (fq_int(c->db, 0,
             "SELECT 1 FROM duty_shift WHERE instead_of = ?1 AND until_ms > ?2 AND from_ms < ?3 AND org = ?4",
             "siis", instead_of, s->from_ms, s->until_ms, org))
    return fq_fail(c->error, FQ_E_CONFLICT, "roster.replaced", "params.instead_of", "%s 的这个班次已调给别人",
                   "the shift of %s has been given to somebody else already", instead_of);
  dp_id_make(id, 'd', fq_next_seq(c) * SHIFTS_A_ENTRY);
  dp_display(c->db, user, name);
  snprintf(audience, sizeof audience, "user/%s user/%s", user, instead_of);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "id", id);
  fq_json_set_str(data, "org", org);
  fq_json_set_str(data, "user", user);
  fq_json_set_str(data, "display", name);
  fq_json_set_str(data, "instead_of", instead_of);
  fq_json_set_time(data, "from", s->from_ms);
  fq_json_set_time(data, "until", s->until_ms);
  if (*s->post) fq_json_set_str(data, "post", s->post);
  dp_set_opt(data, "reason", c->params, "reason");
  fq_json_push(ids, fq_json_new_str(id));
  return fq_emit(
      c, (struct fq_draft){
             .kind = "roster.overridden", .subject = org, .org = org, .audience = audience, .data = data});
}

enum fq_status dp_roster_override(struct fq_call *c) {
  const char *org = fq_json_str(c->params, "org"), *user = fq_json_str(c->params, "user");
  const char *instead_of = fq_json_str(c->params, "instead_of");
  struct shift shifts[REPLACED_MAX];
  int64_t from_ms, until_ms;
  enum fq_status s = window(c, &from_ms, &until_ms);
  if (s == FQ_OK && !strcmp(user, instead_of))
    s = fq_fail(c->error, FQ_E_PARAMS, "roster.self", "params.user", "不能自己替自己",
                "nobody stands in for himself");
  if (s == FQ_OK) s = check_user(c, org, user, "params.user");
  if (s != FQ_OK) return s;
  if (from_ms < c->now_ms) from_ms = c->now_ms; /* what has passed stays as it was */
  size_t n = shifts_of(c, org, instead_of, from_ms, until_ms, shifts);
  if (!n)
    return fq_fail(c->error, FQ_E_CONFLICT, "roster.none", "params.instead_of", "%s 在该时段没有班次",
                   "%s has no shift at that time", instead_of);
  fq_json *ids = fq_json_array();
  for (size_t x = 0; x < n && s == FQ_OK; x++)
    s = replace(c, &shifts[x], ids);
  fq_json_set(c->result, "shifts", ids);
  return s;
}

/* ---- apply -----------------------------------------------------------------------------------------------
 */

static void put(struct fq_apply *a, const char *org, const fq_json *r) {
  fq_exec(a->db,
          "INSERT INTO duty_shift(n, org, user, from_ms, until_ms, post, instead_of, reason)"
          " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
          "issiisss", dp_id_n(fq_json_str(r, "id"), 'd'), org, fq_json_str(r, "user"),
          fq_time_parse(fq_json_str(r, "from")), fq_time_parse(fq_json_str(r, "until")),
          fq_json_str(r, "post"), fq_json_str(r, "instead_of"), fq_json_str(r, "reason"));
}

/* roster.set has rows, roster.overridden is one. */
enum fq_status dp_apply_roster_set(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *rows = fq_json_get(e->data, "rows");
  fq_json_each(r, rows) put(a, e->org, r);
  if (!rows) put(a, e->org, e->data);
  return dp_apply_staff_moved(a, e);
}

enum fq_status dp_apply_roster_removed(struct fq_apply *a, const struct fq_entry *e) {
  int64_t n = dp_id_n(fq_json_str(e->data, "id"), 'd');
  fq_exec(a->db, "DELETE FROM duty_shift WHERE n = ?1 AND from_ms >= ?2", "ii", n, e->at_ms);
  fq_exec(a->db, "UPDATE duty_shift SET until_ms = ?2 WHERE n = ?1", "ii", n, e->at_ms);
  return dp_apply_staff_moved(a, e);
}

/* ---- queries ---------------------------------------------------------------------------------------------
 */

static fq_json *shift_row(fq_stmt *s) {
  static const char *const texts[] = {"user", "display", "org", "post", "instead_of", "reason"};
  fq_json *r = fq_json_object();
  char id[FQ_ID_MAX];
  dp_id_make(id, 'd', fq_col_int(s, 0));
  fq_json_set_str(r, "id", id);
  fq_json_set_time(r, "from", fq_col_int(s, 1));
  fq_json_set_time(r, "until", fq_col_int(s, 2));
  for (int k = 0; k < 6; k++)
    if (!fq_col_null(s, 3 + k)) fq_json_set_str(r, texts[k], fq_col_str(s, 3 + k));
  return r;
}
#define SHIFT_COLUMNS "s.n, s.from_ms, s.until_ms, s.user, a.display, s.org, s.post, s.instead_of, s.reason"

/* The unit, or the caller's own; within his reach. */
static enum fq_status asked_unit(struct fq_query *q, const char **org) {
  *org = fq_json_str(q->params, "org");
  if (!*org) *org = q->actor->org;
  return dp_org_reach(q, *org, "params.org");
}

enum fq_status dp_roster_list(struct fq_query *q) {
  const char *org, *from = fq_json_str(q->params, "from"), *until = fq_json_str(q->params, "until");
  enum fq_status st = asked_unit(q, &org);
  if (st != FQ_OK) return st;
  int64_t from_ms = from ? fq_time_parse(from) : q->now_ms - DAY_MS;
  int64_t until_ms = until ? fq_time_parse(until) : from_ms + 8 * DAY_MS;
  if (until_ms <= from_ms || until_ms - from_ms > WINDOW_MAX_MS)
    return fq_fail(q->error, FQ_E_PARAMS, "roster.times", "params.until", "时段应在 92 天以内",
                   "a window of at most 92 days");
  /* A phone asks for what is its owner's; the roster of others is for desks. */
  const char *self = dp_area_reach(q->actor) ? NULL : q->actor->name;
  fq_json *rows = fq_json_array(), *leaves = fq_json_array();
  fq_stmt *s =
      fq_sql(q->db,
             "SELECT " SHIFT_COLUMNS " FROM duty_shift s LEFT JOIN account a ON a.name = s.user"
             " WHERE s.org = ?1 AND s.until_ms > ?2 AND s.from_ms < ?3 AND (?4 IS NULL OR s.user = ?4)"
             " ORDER BY s.from_ms, s.n",
             "siis", org, from_ms, until_ms, self);
  while (fq_row(s))
    fq_json_push(rows, shift_row(s));
  s = fq_sql(q->db,
             "SELECT l.n, l.from_ms, l.until_ms, l.user, a.display, a.org, l.deputy FROM account a"
             " JOIN leave l ON l.user = a.name WHERE a.org = ?1 AND l.until_ms > ?2 AND l.from_ms < ?3"
             " AND (?4 IS NULL OR l.user = ?4) ORDER BY l.from_ms, l.n",
             "siis", org, from_ms, until_ms, self);
  while (fq_row(s)) {
    static const char *const texts[] = {"user", "display", "org", "deputy"};
    fq_json *r = fq_json_object();
    char id[FQ_ID_MAX];
    dp_id_make(id, 'l', fq_col_int(s, 0));
    fq_json_set_str(r, "id", id);
    fq_json_set_time(r, "from", fq_col_int(s, 1));
    fq_json_set_time(r, "until", fq_col_int(s, 2));
    for (int k = 0; k < 4; k++)
      if (!fq_col_null(s, 3 + k)) fq_json_set_str(r, texts[k], fq_col_str(s, 3 + k));
    fq_json_push(leaves, r);
  }
  fq_json_set(q->result, "rows", rows);
  fq_json_set(q->result, "leaves", leaves);
  return FQ_OK;
}

static bool there_already(const fq_json *rows, const char *user) {
  fq_json_each(r, rows) if (!strcmp(fq_json_str(r, "user"), user)) return true;
  return false;
}

static void add_person(fq_db *db, fq_json *rows, const char *user, int64_t at_ms, const char *post,
                       const char *instead_of, bool by_roster) {
  struct dp_who who;
  if (!dp_stand_in(db, user, at_ms, &who, NULL) || there_already(rows, who.user)) return;
  fq_json *r = fq_json_object();
  fq_json_set_str(r, "user", who.user);
  fq_json_set_str(r, "display", who.display);
  if (*post) fq_json_set_str(r, "post", post);
  fq_json_set_str(r, "by",
                  *who.instead_of ? "deputy"
                  : *instead_of   ? "override"
                  : by_roster     ? "roster"
                                  : "signed_on");
  if (*who.instead_of)
    fq_json_set_str(r, "instead_of", who.instead_of);
  else if (*instead_of)
    fq_json_set_str(r, "instead_of", instead_of);
  fq_json_push(rows, r);
}

/* Those with a shift, the lead first, then whoever else of the unit is there; a deputy for who is on leave.
 */
static fq_json *roster_now(fq_db *db, const char *org, int64_t at_ms) {
  struct person {
    char user[FQ_ID_MAX], post[64], instead_of[FQ_ID_MAX];
  } *list = NULL;
  size_t n = 0, shifts = 0;
  for (int round = 0; round < 2; round++) {
    fq_stmt *q =
        round == 0 ? fq_sql(db,
                            "SELECT user, post, instead_of FROM duty_shift s WHERE org = ?2 AND until_ms > ?1"
                            " AND from_ms <= ?1 AND NOT EXISTS(SELECT 1 FROM duty_shift o WHERE"
                            " o.instead_of = s.user AND o.until_ms > ?1 AND o.from_ms <= ?1)"
                            " ORDER BY post IS NOT 'lead', post IS 'deputy', user",
                            "is", at_ms, org)
                   : fq_sql(db,
                            "SELECT name, NULL, NULL FROM account WHERE org = ?2 AND disabled = 0"
                            " AND (roles & ?3) != 0 AND ?1 > 0 ORDER BY name",
                            "isi", at_ms, org, (int64_t)FQ_ROLE_OFFICER | DP_DESKS);
    while (fq_row(q)) {
      if (n % 32 == 0 && !(list = realloc(list, (n + 32) * sizeof *list))) abort();
      struct person *p = &list[n++];
      dp_text(p->user, sizeof p->user, fq_col_str(q, 0));
      dp_text(p->post, sizeof p->post, fq_col_str(q, 1));
      dp_text(p->instead_of, sizeof p->instead_of, fq_col_str(q, 2));
    }
    if (round == 0) shifts = n;
  }
  fq_json *rows = fq_json_array();
  for (size_t x = 0; x < n; x++)
    add_person(db, rows, list[x].user, at_ms, list[x].post, list[x].instead_of, x < shifts);
  free(list);
  return rows;
}

enum fq_status dp_roster_now(struct fq_query *q) {
  const char *org;
  enum fq_status st = asked_unit(q, &org);
  if (st != FQ_OK) return st;
  fq_json_set_str(q->result, "org", org);
  fq_json_set_bool(q->result, "keeps_roster",
                   fq_int(q->db, 0,
                          "SELECT EXISTS(SELECT 1 FROM duty_shift WHERE org = ?1 AND until_ms > ?2)"
                          " AND EXISTS(SELECT 1 FROM duty_shift WHERE org = ?1 AND from_ms <= ?2)",
                          "si", org, q->now_ms) != 0);
  fq_json_set(q->result, "rows", roster_now(q->db, org, q->now_ms));
  return FQ_OK;
}

/* view.roster(org) */
enum fq_status dp_view_roster(struct fq_view *v) {
  const char *org = fq_json_as_str(dp_view_arg(v, 0));
  v->answer = org ? roster_now(v->db, org, v->now_ms) : fq_json_array();
  return FQ_OK;
}
