/*
 * raise.c - panic.raise: somebody has pressed the button. Never refused for what is missing: without a place
 * it is where he sits, without words it speaks for itself. Pressing again while the alarm is raised makes no
 * second one, it rings again. Kernel thread.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "panic/panic.h"
#include "people/people.h"

/* Another may press for somebody only as his relative, or from a desk or a device's gateway. */
static enum fq_status whose(struct fq_call *c, struct dp_panic *p, char name[96]) {
  const char *user = fq_json_str(c->params, "user"), *given = fq_json_str(c->params, "name");
  const struct fq_actor *a = c->actor;
  bool behalf = a->system || (a->roles & (FQ_ROLE_DESK | FQ_ROLE_SERVICE));
  dp_text(p->by, sizeof p->by, a->name);
  if (!user && !behalf) user = a->name;
  if (user && strcmp(user, a->name)) {
    char person[2 * FQ_ID_MAX] = "";
    fq_stmt *q = fq_sql(c->db, "SELECT org FROM account WHERE name = ?1 AND disabled = 0", "s", user);
    if (!fq_row(q))
      return fq_fail(c->error, FQ_E_PARAMS, "user.unknown", "params.user", "没有用户 %s", "no user %s", user);
    snprintf(person, sizeof person, "%s/%s", fq_col_str(q, 0), user);
    fq_done(q);
    bool relative = fq_int(c->db, 0,
                           "SELECT 1 FROM binding WHERE subject = ?1 AND kind = 'relative' AND holder = ?2"
                           " AND from_ms <= ?3 AND (until_ms IS NULL OR until_ms > ?3) LIMIT 1",
                           "ssi", person, a->name, c->now_ms) != 0;
    if (!behalf && !relative)
      return fq_fail(c->error, FQ_E_FORBIDDEN, "panic.not_yours", "params.user",
                     "只能为自己或登记的亲属报警;为别人请上报事件",
                     "one raises it for oneself or a registered relative; for others report an incident");
  }
  dp_text(p->user, sizeof p->user, user);
  if (user)
    dp_display(c->db, user, name);
  else
    dp_text(name, 96, given ? given : fq_json_str(c->params, "device"));
  if (!*name) dp_text(name, 96, a->name);
  return FQ_OK;
}

/* The same person, else the same home, else the same device. */
static void key_of(struct fq_call *c, const struct dp_panic *p, char key[288]) {
  const char *device = fq_json_str(c->params, "device");
  if (*p->user)
    snprintf(key, 288, "user/%s", p->user);
  else if (*p->address)
    snprintf(key, 288, "at/%s", p->address);
  else if (device)
    snprintf(key, 288, "device/%s", device);
  else
    key[0] = '\0';
}

static void answer(struct fq_call *c, const struct dp_panic *p, const struct dp_incident *i, size_t told) {
  fq_json_set_str(c->result, "id", p->id);
  fq_json_set_str(c->result, "incident", i->id);
  fq_json_set_int(c->result, "number", i->number);
  fq_json_set_int(c->result, "told", (int64_t)told);
}

static fq_json *said(struct fq_call *c) {
  static const char *const members[] = {"place", "text", "device", "occurred_at"};
  fq_json *data = fq_json_object();
  for (size_t k = 0; k < sizeof members / sizeof *members; k++)
    dp_set_opt(data, members[k], c->params, members[k]);
  const char *voice = fq_json_str(c->params, "voice");
  if (voice) {
    fq_json *files = fq_json_array();
    fq_json_push(files, fq_json_new_str(voice));
    fq_json_set(data, "attachments", files);
  }
  return data;
}

static enum fq_status again(struct fq_call *c, const struct dp_panic *p) {
  struct dp_incident i;
  char of[FQ_ID_MAX];
  dp_id_make(of, 'i', p->incident);
  dp_incident_load(c->db, of, &i);
  int64_t told = fq_int(c->db, 0, "SELECT count(*) FROM panic_told WHERE panic = ?1", "i", p->n);
  answer(c, p, &i, (size_t)told);
  fq_json_set_bool(c->result, "again", true);
  return dp_panic_emit(c, p, &i, "panic.repeated", said(c), NULL);
}

/* The incident first: whoever is told of the alarm finds it there. */
static enum fq_status report(struct fq_call *c, const struct dp_panic *p, const char *name,
                             struct dp_incident *i) {
  const char *grid = fq_json_str(c->params, "grid"), *voice = fq_json_str(c->params, "voice");
  char title[320], unit[FQ_ID_MAX];
  fq_json *params = fq_json_object(), *made = NULL;
  bool silent = fq_json_bool(c->params, "silent", false);
  snprintf(title, sizeof title, "一键报警%s:%s", silent ? "(静默)" : "", name);
  fq_json_set_str(params, "category", DP_PANIC_CATEGORY);
  fq_json_set_int(params, "level", 1);
  fq_json_set_str(params, "title", title);
  fq_json_set_str(params, "source", "panic");
  static const char *const members[] = {"text", "place", "address", "occurred_at"};
  for (size_t k = 0; k < sizeof members / sizeof *members; k++)
    dp_set_opt(params, members[k], c->params, members[k]);
  dp_address_unit(c->db, p->address, unit);
  if (!grid && !fq_json_get(c->params, "place") && *unit) grid = unit;
  if (!grid && !fq_json_get(c->params, "place") && *p->user && strcmp(p->user, p->by)) {
    /* Pressed for somebody by a desk: where he lives, not where the desk stands. */
    fq_stmt *q = fq_sql(c->db, "SELECT org FROM account WHERE name = ?1", "s", p->user);
    if (fq_row(q)) {
      dp_text(unit, sizeof unit, fq_col_str(q, 0));
      fq_done(q);
      struct fq_unit u;
      if (fq_org_unit(c->db, unit, &u) && dp_level_of(u.kind) >= 0) grid = unit;
    }
  }
  if (grid) fq_json_set_str(params, "grid", grid);
  if (voice) {
    fq_json *files = fq_json_array();
    fq_json_push(files, fq_json_new_str(voice));
    fq_json_set(params, "attachments", files);
  }
  enum fq_status s = fq_call_method(c, "incident.report", params, &made);
  if (s != FQ_OK) return s;
  dp_incident_load(c->db, fq_json_str(made, "id"), i);
  fq_json_free(made);
  return FQ_OK;
}

enum fq_status dp_panic_raise(struct fq_call *c) {
  struct dp_panic p = {.n = 0}, open;
  struct dp_incident i;
  char name[96] = "", key[288], id[FQ_ID_MAX];
  enum fq_status s = whose(c, &p, name);
  if (s != FQ_OK) return s;
  dp_text(p.address, sizeof p.address, fq_json_str(c->params, "address"));
  key_of(c, &p, key);
  int64_t n = fq_int(
      c->db, 0, "SELECT n FROM panic WHERE key = ?1 AND key <> '' AND disposed_ms IS NULL LIMIT 1", "s", key);
  dp_id_make(id, 'p', n);
  if (n && dp_panic_load(c->db, id, &open)) return again(c, &open);
  if ((s = report(c, &p, name, &i)) != FQ_OK) return s;

  p.n = fq_next_seq(c);
  p.incident = i.n;
  dp_id_make(p.id, 'p', p.n);
  dp_text(p.org, sizeof p.org, i.org);
  /* A step without anybody to answer is skipped at once, never waited out. */
  fq_json *to = fq_json_array(), *data = said(c);
  int step = DP_PANIC_AT_ONCE;
  size_t there = dp_panic_people(c, &p, DP_PANIC_AT_ONCE, to);
  while (!there && step + 1 < DP_PANIC_STEPS)
    there = dp_panic_people(c, &p, (enum dp_panic_step)++ step, to);
  const struct dp_self *self = c->self;
  fq_json_set_str(data, "name", name);
  if (*p.user) fq_json_set_str(data, "user", p.user);
  if (*p.address) fq_json_set_str(data, "address", p.address);
  if (*key) fq_json_set_str(data, "key", key);
  if (fq_json_bool(c->params, "silent", false)) fq_json_set_bool(data, "silent", true);
  fq_json_set_str(data, "title", i.title);
  fq_json_set_int(data, "step", step);
  fq_json_set_time(data, "ring_at", c->now_ms + dp_panic_pause(self, 0));
  char *audience = dp_panic_audience(to);
  size_t told = fq_json_size(to);
  fq_json_set(data, "to", to);
  s = dp_panic_emit(c, &p, &i, "panic.raised", data, audience);
  free(audience);
  if (s == FQ_OK) answer(c, &p, &i, told);
  return s;
}
