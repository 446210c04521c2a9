/*
 * available.c - is somebody to be reached for work? His account, his leave, the roster of his unit and what
 * he said himself with duty.start and duty.end, in that order; and who stands in for him. Everything that
 * asks who is there asks here: rungs, orders, candidates. Kernel or reader thread.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "people/people.h"

#define DEPUTIES 4 /* a deputy who is away has a deputy; further than this nobody follows */

bool dp_presence_read(fq_stmt *q, int first, struct dp_absence *out) {
  int64_t roles = fq_col_int(q, first + 1), since_ms = fq_col_int(q, first + 3);
  bool said = !fq_col_null(q, first + 2), on = fq_col_int(q, first + 2) != 0, desk = roles & DP_DESKS;
  bool replaced = fq_col_int(q, first + 8) != 0, shift = !fq_col_null(q, first + 7) && !replaced;
  int64_t shift_ms = fq_col_int(q, first + 7);
  *out = (struct dp_absence){.why = DP_HERE};
  if (fq_col_int(q, first)) {
    out->why = DP_NO_ACCOUNT;
  } else if (!fq_col_null(q, first + 4)) {
    out->why = DP_ON_LEAVE;
    out->until_ms = fq_col_int(q, first + 4);
    dp_text(out->deputy, sizeof out->deputy, fq_col_str(q, first + 5));
  } else if (replaced) {
    out->why = DP_REPLACED;
  } else if (fq_col_int(q, first + 6) && !shift) {
    out->why = DP_OFF_ROSTER;
  } else if (said ? !on : !desk) {
    /* Who signed off after his last shift has not signed off this one: at a desk he is expected. */
    out->why = desk && shift && since_ms < shift_ms ? DP_HERE : DP_SIGNED_OFF;
  }
  return out->why == DP_HERE;
}

bool dp_available(fq_db *db, const char *user, int64_t at_ms, struct dp_absence *out) {
  struct dp_absence none = {.why = DP_NO_ACCOUNT};
  fq_stmt *q = fq_sql(db, "SELECT " DP_PRESENCE_COLUMNS DP_PRESENCE_FROM " WHERE a.name = ?2", "is",
                      dp_as_of(db, at_ms), user);
  if (fq_row(q)) {
    dp_presence_read(q, 0, &none);
    fq_done(q);
  }
  if (out) *out = none;
  return none.why == DP_HERE;
}

/* Dates are read in the county, which is on Beijing time. */
static void local_time(int64_t ms, char out[24]) {
  time_t t = (time_t)(ms / 1000 + 8 * 3600);
  struct tm tm;
  gmtime_r(&t, &tm);
  strftime(out, 24, "%m-%d %H:%M", &tm);
}

void dp_absence_words(const struct dp_absence *a, char zh[128], char en[128]) {
  static const struct {
    const char *zh, *en;
  } words[] = {[DP_HERE] = {"在岗", "on duty"},
               [DP_VACANT] = {"无人", "nobody there"},
               [DP_NO_ACCOUNT] = {"账号停用", "the account is disabled"},
               [DP_REPLACED] = {"已调班", "somebody else has the shift"},
               [DP_OFF_ROSTER] = {"不在班", "not on the roster now"},
               [DP_SIGNED_OFF] = {"不在岗", "off duty"}};
  if (a->why != DP_ON_LEAVE) {
    snprintf(zh, 128, "%s", words[a->why].zh);
    snprintf(en, 128, "%s", words[a->why].en);
    return;
  }
  char until[24];
  local_time(a->until_ms, until);
  snprintf(zh, 128, "请假至 %s", until);
  snprintf(en, 128, "on leave until %s", until);
}

int64_t dp_as_of(fq_db *db, int64_t at_ms) {
  return at_ms ? at_ms : fq_int(db, 0, "SELECT at_ms FROM journal ORDER BY seq DESC LIMIT 1", "");
}

void dp_display(fq_db *db, const char *user, char out[96]) {
  dp_text(out, 96, user);
  fq_stmt *q = fq_sql(db, "SELECT display FROM account WHERE name = ?1", "s", user);
  if (!fq_row(q)) return;
  const char *display = fq_col_str(q, 0);
  if (display && *display) dp_text(out, 96, display);
  fq_done(q);
}

void dp_set_person(fq_db *db, fq_json *j, const char *member, const char *user) {
  char display[96];
  if (!user || !*user) return;
  dp_display(db, user, display);
  fq_json_set_str(j, member, display);
}

void dp_address_unit(fq_db *db, const char *address, char out[FQ_ID_MAX]) {
  struct fq_unit u;
  size_t n = address ? strcspn(address, "/") : 0;
  out[0] = '\0';
  if (!n || n >= FQ_ID_MAX) return;
  char unit[FQ_ID_MAX];
  dp_text(unit, n + 1, address);
  if (fq_org_unit(db, unit, &u)) dp_text(out, FQ_ID_MAX, unit);
}

bool dp_stand_in(fq_db *db, const char *user, int64_t at_ms, struct dp_who *out, struct dp_absence *why) {
  struct dp_absence a;
  char at[FQ_ID_MAX];
  *out = (struct dp_who){.user = ""};
  dp_text(at, sizeof at, user);
  bool here = dp_available(db, at, at_ms, &a);
  if (why) *why = a;
  for (int hop = 0; !here && hop < DEPUTIES && a.why == DP_ON_LEAVE && *a.deputy; hop++) {
    dp_text(at, sizeof at, a.deputy);
    here = dp_available(db, at, at_ms, &a);
  }
  if (!here) return false;
  dp_text(out->user, sizeof out->user, at);
  dp_display(db, at, out->display);
  if (strcmp(at, user)) dp_text(out->instead_of, sizeof out->instead_of, user);
  return true;
}

/* Who has the unit's shift now: the one in the lead first. */
static bool on_shift(fq_db *db, const struct dp_rung *r, int64_t at_ms, struct dp_who *out) {
  char users[8][FQ_ID_MAX];
  size_t n = 0;
  /* Most units keep no roster, and every report asks: one look in the index before the rest. */
  if (!fq_int(db, 0, "SELECT 1 FROM duty_shift WHERE org = ?1 AND until_ms > ?2 LIMIT 1", "si", r->org,
              at_ms))
    return false;
  fq_stmt *q = fq_sql(db,
                      "SELECT s.user FROM duty_shift s JOIN account a ON a.name = s.user"
                      " WHERE s.org = ?2 AND s.until_ms > ?1 AND s.from_ms <= ?1 AND (a.roles & ?3) != 0"
                      " ORDER BY s.post IS NOT 'lead', s.post IS 'deputy', s.user LIMIT 8",
                      "isi", at_ms, r->org, (int64_t)(r->roles ? r->roles : dp_rung_roles(r->level)));
  while (fq_row(q))
    dp_text(users[n++], FQ_ID_MAX, fq_col_str(q, 0));
  for (size_t x = 0; x < n; x++)
    if (dp_stand_in(db, users[x], at_ms, out, NULL)) return true;
  return false;
}

/* Anybody of the unit, else the deputy of one who is on leave. `why` is the reason of the first. */
static bool sits_there(fq_db *db, const struct dp_rung *r, int64_t at_ms, struct dp_who *out,
                       struct dp_absence *why) {
  char away[4][FQ_ID_MAX];
  size_t n = 0;
  bool first = true;
  fq_stmt *q = fq_sql(db,
                      "SELECT a.name, a.display, " DP_PRESENCE_COLUMNS DP_PRESENCE_FROM
                      " WHERE a.org = ?2 AND a.disabled = 0 AND (a.roles & ?3) != 0 ORDER BY a.name",
                      "isi", at_ms, r->org, (int64_t)(r->roles ? r->roles : dp_rung_roles(r->level)));
  while (fq_row(q)) {
    struct dp_absence a;
    const char *name = fq_col_str(q, 0), *display = fq_col_str(q, 1);
    if (dp_presence_read(q, 2, &a)) {
      dp_text(out->user, sizeof out->user, name);
      dp_text(out->display, sizeof out->display, display && *display ? display : name);
      fq_done(q);
      return true;
    }
    if (first) *why = a;
    first = false;
    if (a.why == DP_ON_LEAVE && *a.deputy && n < 4) dp_text(away[n++], FQ_ID_MAX, name);
  }
  for (size_t x = 0; x < n; x++)
    if (dp_stand_in(db, away[x], at_ms, out, NULL)) return true;
  return false;
}

bool dp_rung_who(fq_db *db, const struct dp_rung *r, int64_t at_ms, struct dp_who *out,
                 struct dp_absence *why) {
  struct dp_absence unused;
  if (!why) why = &unused;
  *out = (struct dp_who){.user = ""};
  *why = (struct dp_absence){.why = DP_VACANT};
  at_ms = dp_as_of(db, at_ms);
  if (*r->holder) return dp_stand_in(db, r->holder, at_ms, out, why);
  if (!*r->org) return false;
  return on_shift(db, r, at_ms, out) || sits_there(db, r, at_ms, out, why);
}

enum fq_status dp_may_send(struct fq_call *c, const char *user, const char *path) {
  struct dp_absence a;
  char name[96], deputy[96] = "-", zh[128], en[128];
  /* Only a leave stands in the way, and hardly anybody who is sent is on one. */
  if (!fq_int(c->db, 0, "SELECT 1 FROM leave WHERE user = ?1 AND until_ms > ?2 AND from_ms <= ?2 LIMIT 1",
              "si", user, c->now_ms))
    return FQ_OK;
  if (dp_available(c->db, user, c->now_ms, &a) || a.why != DP_ON_LEAVE) return FQ_OK;
  dp_display(c->db, user, name);
  if (*a.deputy) dp_display(c->db, a.deputy, deputy);
  dp_absence_words(&a, zh, en);
  return fq_fail(c->error, FQ_E_CONFLICT, "officer.on_leave", path, "%s %s%.0s,代理人:%s",
                 "%s is %.0s%s; the deputy is %s", name, zh, en, deputy);
}
