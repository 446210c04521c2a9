/*
 * told.c - who is told of an alarm: at once those on the spot (the police post, the officers of the village),
 * the relatives, and the county's desk; when nobody on the spot answers the township's desk, then everybody
 * on duty in the township. Whoever is told answers for himself; a desk answers as one. Reads only; any thread
 * with a handle of its own.
 */
#include <stdio.h>
#include <string.h>

#include "panic/panic.h"
#include "people/people.h"

#define HELPERS ((int64_t)(FQ_ROLE_OFFICER | FQ_ROLE_DIRECTOR | FQ_ROLE_DEPARTMENT))
#define AT_DESK ((int64_t)(FQ_ROLE_DISPATCHER | FQ_ROLE_COMMANDER | FQ_ROLE_DIRECTOR))

struct search {
  fq_db *db;
  const struct dp_panic *panic;
  int64_t now_ms;
  fq_json *list;
  size_t there; /* of those added, who can answer now */
};

static bool listed(const fq_json *list, const char *who) {
  fq_json_each(m, list) if (!strcmp(fq_json_str(m, "who"), who)) return true;
  return false;
}

static bool put(struct search *s, const char *kind, const char *id, const char *name, const char *why) {
  char who[DP_WHO_MAX];
  snprintf(who, sizeof who, "%s/%s", kind, id);
  if (listed(s->list, who) || fq_json_size(s->list) >= DP_PANIC_ENTRIES) return false;
  if (fq_int(s->db, 0, "SELECT 1 FROM panic_told WHERE panic = ?1 AND who = ?2", "is", s->panic->n, who))
    return false;
  fq_json *m = fq_json_object();
  fq_json_set_str(m, "who", who);
  fq_json_set_str(m, "why", why);
  fq_json_set_str(m, "name", name);
  fq_json_push(s->list, m);
  return true;
}

/* Off duty he is told all the same, for he may be next door; but he is not counted on. */
static void put_user(struct search *s, const char *user, const char *why, bool counts) {
  char display[96];
  if (!strcmp(user, s->panic->user) || !strcmp(user, s->panic->by)) return; /* it is he who needs help */
  dp_display(s->db, user, display);
  if (put(s, "user", user, display, why) && counts && dp_available(s->db, user, s->now_ms, NULL)) s->there++;
}

/* Names are copied out first: what each of them is looks into the same tables. */
static void put_users(struct search *s, fq_stmt *q, const char *why, bool counts, bool available) {
  char users[DP_PANIC_ENTRIES][FQ_ID_MAX];
  size_t n = 0;
  while (fq_row(q))
    if (n < DP_PANIC_ENTRIES) dp_text(users[n++], FQ_ID_MAX, fq_col_str(q, 0));
  for (size_t x = 0; x < n; x++)
    if (!available || dp_available(s->db, users[x], s->now_ms, NULL)) put_user(s, users[x], why, counts);
}

static bool staffed(fq_db *db, const char *org, int64_t roles) {
  return fq_int(db, 0, "SELECT 1 FROM account WHERE org = ?1 AND disabled = 0 AND (roles & ?2) != 0 LIMIT 1",
                "si", org, roles) != 0;
}

static bool put_desk(struct search *s, const struct dp_rung *r, const char *why) {
  if (!r || !staffed(s->db, r->org, AT_DESK)) return false;
  if (put(s, "unit", r->org, r->name, why)) s->there += strcmp(why, "desk") != 0;
  return true;
}

static const struct dp_rung *rung_at(const struct dp_ladder *l, enum dp_level level) {
  for (size_t x = 0; x < l->count; x++)
    if (l->rungs[x].level == level) return &l->rungs[x];
  return NULL;
}

/* ---- the steps ------------------------------------------------------------------------------------------
 */

/* Whoever a binding names, and those who sit at a post of the village, else of the township. */
static void police(struct search *s, const struct dp_ladder *l) {
  char holder[FQ_ID_MAX], subject[FQ_ID_MAX];
  struct dp_who who;
  if (dp_binding_holder(s->db, "police_post", s->panic->org, s->panic->address, s->now_ms, holder, subject))
    put_user(s, dp_stand_in(s->db, holder, s->now_ms, &who, NULL) ? who.user : holder, "police", true);
  for (size_t x = 0; x < l->count; x++) {
    size_t before = fq_json_size(s->list);
    if (l->rungs[x].level == DP_L_COUNTY) break;
    put_users(s,
              fq_sql(s->db,
                     "SELECT a.name FROM org o JOIN account a ON a.org = o.id WHERE o.parent = ?1"
                     " AND o.kind = 'police_post' AND o.valid_to IS NULL AND a.disabled = 0"
                     " AND (a.roles & ?2) != 0 ORDER BY a.name",
                     "si", l->rungs[x].org, HELPERS),
              "police", true, false);
    if (fq_json_size(s->list) > before) return;
  }
}

/* Those who sit in the village or in one of its grids. */
static void village(struct search *s, const struct dp_ladder *l) {
  const struct dp_rung *r = rung_at(l, DP_L_VILLAGE);
  if (!r) r = rung_at(l, DP_L_GRID);
  if (!r) return;
  put_users(
      s,
      fq_sql(s->db,
             "SELECT a.name FROM org o JOIN account a ON a.org = o.id WHERE (o.id = ?1 OR o.parent = ?1)"
             " AND o.kind IN ('village', 'grid') AND a.disabled = 0 AND (a.roles & ?2) != 0"
             " UNION SELECT f.user FROM org o JOIN officer f ON f.grid = o.id JOIN account a"
             " ON a.name = f.user WHERE o.parent = ?1 AND a.disabled = 0 ORDER BY 1",
             "si", r->org, HELPERS),
      "village", true, false);
}

/* Bound to the household the alarm names, or to the person: "<unit>/<user>". */
static void relatives(struct search *s) {
  char person[2 * FQ_ID_MAX] = "";
  fq_stmt *q = fq_sql(s->db, "SELECT org FROM account WHERE name = ?1", "s", s->panic->user);
  if (fq_row(q)) {
    snprintf(person, sizeof person, "%s/%s", fq_col_str(q, 0), s->panic->user);
    fq_done(q);
  }
  put_users(s,
            fq_sql(s->db,
                   "SELECT b.holder FROM binding b JOIN account a ON a.name = b.holder AND a.disabled = 0"
                   " WHERE b.subject IN (?1, ?2) AND b.kind = 'relative' AND b.from_ms <= ?3"
                   " AND (b.until_ms IS NULL OR b.until_ms > ?3)"
                   " UNION SELECT b.holder FROM binding_cover k JOIN binding b ON b.n = k.binding"
                   " JOIN account a ON a.name = b.holder AND a.disabled = 0 WHERE k.address = ?2"
                   " AND b.kind = 'relative' AND b.from_ms <= ?3 AND (b.until_ms IS NULL OR b.until_ms > ?3)"
                   " ORDER BY 1",
                   "ssi", person, s->panic->address, s->now_ms),
            "relative", false, false);
}

static void on_duty_in_township(struct search *s, const struct dp_ladder *l) {
  const struct dp_rung *r = rung_at(l, DP_L_TOWNSHIP);
  if (!r) r = rung_at(l, DP_L_COUNTY);
  struct dp_area area;
  if (!r || !dp_area_of(s->db, r->org, &area)) return;
  put_users(s,
            fq_sql(s->db,
                   "SELECT a.name FROM org o JOIN account a ON a.org = o.id"
                   " JOIN duty d ON d.user = a.name AND d.on_duty = 1"
                   " WHERE substr(o.path, 1, length(?1)) = ?1 AND a.disabled = 0 AND (a.roles & ?2) != 0"
                   " ORDER BY a.name",
                   "si", area.path, (int64_t)FQ_ROLE_OFFICER),
            "county", true, true);
}

size_t dp_panic_people(struct fq_call *c, const struct dp_panic *p, enum dp_panic_step step, fq_json *list) {
  struct search s = {.db = c->db, .panic = p, .now_ms = c->now_ms, .list = list};
  struct dp_ladder l;
  dp_ladder_of(c->db, p->org, &l);
  const struct dp_rung *township = rung_at(&l, DP_L_TOWNSHIP), *county = rung_at(&l, DP_L_COUNTY);
  switch (step) {
  case DP_PANIC_AT_ONCE:
    police(&s, &l);
    village(&s, &l);
    relatives(&s);
    if (!put_desk(&s, county, "desk")) put_desk(&s, township, "desk");
    break;
  case DP_PANIC_TOWNSHIP:
    put_desk(&s, township, "township");
    break;
  case DP_PANIC_COUNTY:
    on_duty_in_township(&s, &l);
    break;
  case DP_PANIC_STEPS:
    break;
  }
  return s.there;
}

/* ---- those who were told ----------------------------------------------------------------------------------
 */

fq_json *dp_panic_silent(fq_db *db, const struct dp_panic *p) {
  fq_json *list = fq_json_array();
  fq_stmt *q = fq_sql(db,
                      "SELECT who, why, name FROM panic_told WHERE panic = ?1 AND answered_ms IS NULL"
                      " ORDER BY told_ms, who",
                      "i", p->n);
  while (fq_row(q)) {
    fq_json *m = fq_json_object();
    fq_json_set_str(m, "who", fq_col_str(q, 0));
    fq_json_set_str(m, "why", fq_col_str(q, 1));
    fq_json_set_str(m, "name", fq_col_str(q, 2));
    fq_json_push(list, m);
  }
  return list;
}

static bool among(const fq_json *words, const char *who) {
  fq_json_each(m, words) if (!strcmp(fq_json_as_str(m), who)) return true;
  return false;
}

/* Two things must be known before it stops ringing: that somebody comes, and that a desk watches over it.
 * Where there is nobody for one of the two, the other suffices. */
bool dp_panic_settled(fq_db *db, const struct dp_panic *p, const fq_json *who, bool comes, bool desk) {
  bool desks = false, helpers = false, desk_knows = desk, helper_comes = false;
  fq_stmt *q = fq_sql(db, "SELECT who, why, answered_ms, coming FROM panic_told WHERE panic = ?1", "i", p->n);
  while (fq_row(q)) {
    const char *why = fq_col_str(q, 1);
    bool now = among(who, fq_col_str(q, 0));
    bool answered = now ? comes : !fq_col_null(q, 2) && (fq_col_null(q, 3) || fq_col_int(q, 3));
    if (!strcmp(why, "relative")) continue;
    if (!strcmp(why, "desk")) {
      desks = true;
      desk_knows |= now || !fq_col_null(q, 2);
    } else {
      helpers = true;
      helper_comes |= answered;
      if (!strcmp(why, "township")) desk_knows |= now || !fq_col_null(q, 2);
    }
  }
  return (desk_knows || !desks) && (helper_comes || !helpers) && (desk_knows || helper_comes);
}

fq_json *dp_panic_words(fq_db *db, const struct dp_panic *p, const struct fq_actor *a) {
  const char *unit = dp_sits_at(a);
  char user[DP_WHO_MAX], desk[DP_WHO_MAX];
  fq_json *words = fq_json_array();
  snprintf(user, sizeof user, "user/%s", a->name);
  snprintf(desk, sizeof desk, "unit/%s", unit ? unit : "");
  fq_stmt *q = fq_sql(db, "SELECT who FROM panic_told WHERE panic = ?1 AND who IN (?2, ?3) ORDER BY who",
                      "iss", p->n, user, desk);
  while (fq_row(q))
    fq_json_push(words, fq_json_new_str(fq_col_str(q, 0)));
  return words;
}

bool dp_panic_may_see(fq_db *db, const struct dp_panic *p, const struct fq_actor *a) {
  if (a->system || !strcmp(a->name, p->by) || !strcmp(a->name, p->user)) return true;
  if (dp_area_reach(a) && fq_org_within(db, p->org, a->org)) return true;
  fq_json *words = dp_panic_words(db, p, a);
  bool told = fq_json_size(words) > 0;
  fq_json_free(words);
  return told;
}
