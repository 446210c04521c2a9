/*
 * command.c - what the commands of policies mean to the static proof: who is sent, within which limits, and
 * which commands cannot both be meant. Reads only; kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proof/proof.h"

static fq_json *clock_limit(const fq_json *p) {
  static const char *const texts[] = {"policy", "from", "to", "title", "calendar"};
  fq_json *limit = fq_json_object();
  fq_json_set_str(limit, "clock", fq_json_str(p, "name"));
  for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
    dp_set_opt(limit, texts[k], p, texts[k]);
  dp_set_opt(limit, "limit_ms", p, "limit_ms");
  dp_set_opt(limit, "days", p, "limit_days");
  return limit;
}

/* A ladder that climbs waits on each rung: a limit as good as a clock. */
static fq_json *ladder_limit(fq_db *db, const fq_json *p) {
  const char *name = fq_json_str(p, "ladder");
  int64_t wait_ms = fq_json_int(p, "wait_ms", 0), least = 0;
  fq_json *limit = fq_json_object();
  fq_json_set_str(limit, "clock", name ? name : "");
  fq_json_set_str(limit, "from", "asked");
  fq_json_set_str(limit, "to", "answered");
  fq_stmt *q = fq_sql(db, "SELECT title, rungs FROM ladder WHERE name = ?1", "s", name);
  if (fq_row(q)) {
    const char *text = fq_col_str(q, 1);
    fq_json *rungs = fq_json_parse(text, strlen(text), NULL);
    fq_json_set_str(limit, "title", fq_col_str(q, 0));
    fq_json_each(r, rungs) if (!least || fq_json_int(r, "wait_ms", least) < least) least =
        fq_json_int(r, "wait_ms", least);
    fq_json_free(rungs);
    fq_done(q);
  }
  fq_json_set_int(limit, "limit_ms", wait_ms ? wait_ms : least ? least : INT64_C(600000));
  return limit;
}

fq_json *dp_proof_effect(fq_db *db, const char *method, const fq_json *params) {
  static const char *const sending[] = {"incident.dispatch", "incident.assist", "incident.climb",
                                        "incident.reserve", "whistle.blow"};
  fq_json *out = fq_json_object();
  for (size_t k = 0; k < sizeof sending / sizeof *sending; k++)
    if (!strcmp(method, sending[k])) fq_json_set_bool(out, "sends", true);
  if (!strcmp(method, "clock.start")) fq_json_set(out, "limit", clock_limit(params));
  if (!strcmp(method, "incident.climb")) fq_json_set(out, "limit", ladder_limit(db, params));
  return out;
}

/* ---- contradictions --------------------------------------------------------------------------------------
 */

static const char *assignee(const fq_json *to) {
  static const char *const members[] = {"user", "unit", "team"};
  for (size_t k = 0; k < 3; k++)
    if (fq_json_str(to, members[k])) return fq_json_str(to, members[k]);
  return "";
}

/* Nobody stands in both lists. */
static bool apart(const fq_json *a, const fq_json *b) {
  fq_json_each(x, a) fq_json_each(y, b) if (!strcmp(assignee(x), assignee(y))) return false;
  return true;
}

static bool said(char zh[200], char en[200], const char *z, const char *e, const char *x, const char *y) {
  snprintf(zh, 200, "%s(%s、%s)", z, x, y);
  snprintf(en, 200, "%s (%s, %s)", e, x, y);
  return true;
}

static int way_of(const char *method) {
  if (!strcmp(method, "incident.escalate")) return 1;
  return !strcmp(method, "incident.send_down") || !strcmp(method, "incident.return") ? -1 : 0;
}

static const char *word(const fq_json *p, const char *name) {
  const char *s = fq_json_str(p, name);
  return s ? s : "";
}

bool dp_proof_contradict(const fq_json *a, const fq_json *b, char zh[200], char en[200]) {
  const char *m = word(a, "method"), *n = word(b, "method");
  const fq_json *p = fq_json_get(a, "params"), *q = fq_json_get(b, "params");
  if (!strcmp(m, "incident.dispatch") && !strcmp(n, m)) {
    const fq_json *x = fq_json_get(p, "to"), *y = fq_json_get(q, "to");
    return apart(x, y) && said(zh, en, "派给了不同的人", "different people are sent",
                               assignee(fq_json_first(x)), assignee(fq_json_first(y)));
  }
  if (way_of(m) * way_of(n) < 0)
    return said(zh, en, "一条往上报,一条往下派或退回", "one sends it up, the other down or back", m, n);
  if (!strcmp(m, n)) {
    static const struct {
      const char *method, *member, *zh, *en;
    } one[] = {{"incident.supervise", "card", "挂了不同颜色的牌", "different cards are given"},
               {"incident.climb", "ladder", "沿不同的阶梯询问", "different ladders are climbed"},
               {"incident.transfer", "to", "移交给不同的单位", "it is transferred to different units"},
               {"incident.escalate", "to", "上报到不同的层级", "it is escalated to different levels"}};
    for (size_t k = 0; k < sizeof one / sizeof *one; k++)
      if (!strcmp(m, one[k].method) && strcmp(word(p, one[k].member), word(q, one[k].member)))
        return said(zh, en, one[k].zh, one[k].en, word(p, one[k].member), word(q, one[k].member));
  }
  bool back = !strcmp(m, "incident.return") || !strcmp(n, "incident.return");
  if (back && (!strcmp(m, "incident.dispatch") || !strcmp(n, "incident.dispatch")))
    return said(zh, en, "一条派人,一条退回", "one sends somebody, the other returns it", m, n);
  return false;
}

/* ---- how it stands ---------------------------------------------------------------------------------------
 */

const fq_json *dp_proof_owner(const char *kind, const fq_json *data) {
  static const char *const moving[] = {"incident.reported", "incident.escalated", "incident.sent_down",
                                       "incident.transferred", "ladder.started"};
  for (size_t k = 0; k < sizeof moving / sizeof *moving; k++)
    if (!strcmp(kind, moving[k])) return fq_json_get(data, "owner");
  return NULL;
}

fq_json *dp_proof_state(fq_db *db, const char *subject) {
  struct dp_incident i;
  struct fq_unit u;
  fq_json *out = fq_json_object(), *owner = fq_json_object();
  fq_json_set(out, "owner", owner);
  if (!dp_incident_load(db, subject, &i)) return out;
  fq_json_set_str(owner, "level", dp_level_name(i.owner_level));
  fq_json_set_str(owner, "org", i.owner_org);
  if (fq_org_unit(db, i.owner_org, &u)) fq_json_set_str(owner, "name", u.name);
  fq_json_set_bool(
      out, "sent",
      fq_int(db, 0, "SELECT 1 FROM task WHERE incident = ?1 LIMIT 1", "i", i.n) ||
          fq_int(db, 0, "SELECT 1 FROM journal WHERE subject = ?1 AND subject <> '' AND kind = 'ladder.started'", "s", i.id));
  return out;
}
