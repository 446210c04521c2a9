/* Every method of the plugin, called by everybody with what its schema allows: ids of the right kind and of a
 * wrong one, times of 1970 and of 9999, numbers at their bounds. Whatever is asked, a refusal says why in two
 * languages, the tables keep their promises, and the journal gives the same tables again. The model
 * (test_dispatch_model.c) knows what the answer has to be; this one knows no verb and so leaves out none.
 * FQ_SEED and FQ_STEPS choose another run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch_world.h"

extern const struct fq_plugin fq_plugin;

static uint64_t state_;
static int64_t now_ms;

static uint32_t dice(uint32_t sides) {
  state_ = state_ * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state_ >> 33) % sides;
}
#define ONE_OF(list) ((list)[dice(sizeof(list) / sizeof *(list))])

/* ---- what is asked ------------------------------------------------------------------------------------ */

static const char *const people[] = {"admin",      "commander",     "dispatcher", "director-a", "director-b",
                                     "officer-a1", "officer-a2",    "officer-a3", "officer-b1", "auditor",
                                     "relative",   "department-01", "service-1",  "dispatcher", "director-a"};
static const char *const units[] = {"430525", "430525-D01",   "430525100000", "430525100201",
                                    GRID_A1,  "430525101000", "430525101201", GRID_B1,
                                    GRID_C1,  "430525-T1"};
static const char *const texts[] = {"后山起火",    "x",    "13812345678 张三", "😀é\\n",
                                    "' OR 1=1 --", "%s%n", "测试 测试"};

/* Of the newest; mostly of those still open, where there is more to do. */
static int64_t row_of(const char *table) {
  static const char *const ends = " incident task whistle mediation emergency";
  char sql[160], spaced[32];
  snprintf(spaced, sizeof spaced, " %s", table);
  bool open = strstr(ends, spaced) && dice(5);
  snprintf(sql, sizeof sql, "SELECT n FROM %s WHERE %s ORDER BY n DESC LIMIT 1 OFFSET %u", table,
           open ? "ended_ms IS NULL" : "1", dice(dice(4) ? 4 : 40));
  return fq_int(fq_kernel_db(w.kernel), 0, sql, "");
}

/* Ids are a letter and a number: most of the time those that the method is about. */
static const struct {
  const char *of, *table;
  char letter;
} things[] = {{"incident", "incident", 'i'},   {"into", "incident", 'i'},
              {"supervise", "incident", 'i'},  {"ladder", "incident", 'i'},
              {"task", "task", 't'},           {"whistle", "whistle", 'w'},
              {"mediation", "mediation", 'm'}, {"emergency", "emergency", 'e'},
              {"request", "request", 'r'},     {"countersign", "countersign", 'c'},
              {"shift", "shift", 's'},         {"roster", "duty_shift", 'd'},
              {"leave", "leave", 'l'},         {"binding", "binding", 'b'}};
#define THINGS (sizeof things / sizeof *things)

static fq_json *id_of(const char *what, size_t len) {
  char id[FQ_ID_MAX];
  for (size_t k = 0; k < THINGS; k++) {
    size_t x = dice(20) ? k : dice(THINGS);
    if (strlen(things[k].of) != len || strncmp(things[k].of, what, len)) continue;
    snprintf(id, sizeof id, "%c%lld", things[x].letter, (long long)row_of(things[x].table));
    return fq_json_new_str(id);
  }
  return fq_json_new_str("x1");
}

static bool in(const char *name, const char *list) {
  const char *at = strstr(list, name);
  size_t n = strlen(name);
  return at && (at == list || at[-1] == ' ') && (at[n] == ' ' || !at[n]);
}

static fq_json *word(const struct fq_param *p, const char *method) {
  static const char *const codes[] = {"fire",      "dispute",      "family",    "other", "mediate",
                                      "safety",    "receive",      "joint",     "court", "law",
                                      "grid_head", "village_head", "household", "six",   "default"};
  static const char *const junk[] = {"i999999999999999", "i0", "w1", "-", "a:b", "t18446744073709551615"};
  if (!dice(30)) return fq_json_new_str(ONE_OF(junk));
  /* what is in a list has no name of its own: ids, as a rule */
  if (!p->name || in(p->name, "id after")) return id_of(method, strcspn(method, "."));
  if (in(p->name, "incident into")) return id_of(p->name, strlen(p->name));
  if (in(p->name, "user deputy holder mediator instead_of person")) return fq_json_new_str(ONE_OF(people));
  if (in(p->name, "org unit grid owner lead team to from_unit subject"))
    return fq_json_new_str(!strcmp(p->name, "to") && !strncmp(method, "shift", 5) ? ONE_OF(people)
                                                                                  : ONE_OF(units));
  if (!strcmp(p->name, "name") || !strcmp(p->name, "clock")) return fq_json_new_str(dice(2) ? "c" : "office");
  if (!strcmp(p->name, "policy")) return fq_json_new_str("p");
  if (!strcmp(p->name, "ladder")) return fq_json_new_str(dice(3) ? "default" : "six");
  if (!strcmp(p->name, "calendar")) return fq_json_new_str(dice(2) ? "plain" : "office");
  return fq_json_new_str(ONE_OF(codes));
}

static fq_json *number(const struct fq_param *p) {
  double low = p->min, high = p->max;
  if (low >= high) low = 0, high = 1e15;
  switch (dice(6)) {
  case 0:
    return fq_json_new_num(low);
  case 1:
    return fq_json_new_num(high);
  default:
    break;
  }
  double near = high - low > 7.2e6 ? 7.2e6 : high - low;
  double v = low + near * dice(1000) / 1000.0;
  return p->type == FQ_T_INT ? fq_json_new_int((int64_t)v) : fq_json_new_num(v);
}

static fq_json *moment(void) {
  static const char *const odd[] = {"1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
                                    "2026-11-22T08:00:00+08:00"};
  char text[32];
  if (!dice(10)) return fq_json_new_str(ONE_OF(odd));
  fq_time_format(now_ms + ((int64_t)dice(48 * 60) - 6 * 60) * MINUTE, text);
  return fq_json_new_str(text);
}

static fq_json *value(const struct fq_param *p, const char *method);

static fq_json *object(const struct fq_param *members, const char *method) {
  fq_json *o = fq_json_object();
  /* Whom an order is for is one of three. */
  if (members && !strcmp(members->name, "user") && dice(12)) {
    uint32_t which = dice(6);
    fq_json_set_str(o,
                    which > 1 ? "user"
                    : which   ? "unit"
                              : "team",
                    which > 1 ? people[5 + dice(4)]
                    : which   ? ONE_OF(units)
                              : "430525-T1");
    return o;
  }
  for (const struct fq_param *m = members; m && m->type != FQ_T_END; m++) {
    if (!strcmp(m->name, "rev") && dice(40)) continue;
    if (m->required || dice(4) == 0) fq_json_set(o, m->name, value(m, method));
  }
  return o;
}

static fq_json *value(const struct fq_param *p, const char *method) {
  char text[64];
  switch (p->type) {
  case FQ_T_STRING: {
    const char *one = ONE_OF(texts);
    if (p->min >= 64) { /* the digest of a file that is not there */
      memset(text, 'a', 63);
      text[63] = '\0';
      return fq_json_new_str("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    }
    return fq_json_new_str(in(p->name, "class stage type") ? "other" : one);
  }
  case FQ_T_ID:
    return word(p, method);
  case FQ_T_INT:
  case FQ_T_NUMBER:
    return number(p);
  case FQ_T_BOOL:
    return fq_json_new_bool(dice(3) != 0);
  case FQ_T_TIME:
    return moment();
  case FQ_T_PLACE: {
    fq_json *o = fq_json_object();
    fq_json_set_num(o, "lon", dice(20) ? 110.4 + dice(400) / 1000.0 : -180);
    fq_json_set_num(o, "lat", dice(20) ? 26.9 + dice(400) / 1000.0 : 90);
    if (dice(2)) fq_json_set_num(o, "acc", dice(3000));
    return o;
  }
  case FQ_T_ENUM: {
    int count = 1;
    for (const char *s = p->values; *s; s++)
      count += *s == ' ';
    const char *at = p->values;
    for (uint32_t k = dice((uint32_t)count); k; k--)
      at = strchr(at, ' ') + 1;
    snprintf(text, sizeof text, "%.*s", (int)strcspn(at, " "), at);
    return fq_json_new_str(text);
  }
  case FQ_T_OBJECT:
    return object(p->members, method);
  case FQ_T_ARRAY: {
    fq_json *list = fq_json_array();
    uint32_t least = (uint32_t)p->min, most = p->max > p->min + 3 ? least + 3 : (uint32_t)p->max;
    for (uint32_t k = least + dice(most - least + 1); k; k--)
      fq_json_push(list, value(p->members, method));
    return list;
  }
  default:
    return fq_json_new_str("x");
  }
}

/* ---- what is answered --------------------------------------------------------------------------------- */

/* Whose task it is, mostly. */
static void assignee(const fq_json *params, char who[FQ_ID_MAX]) {
  const char *id = fq_json_str(params, "id");
  fq_stmt *q = fq_sql(fq_kernel_db(w.kernel), "SELECT to_user FROM task WHERE n = ?1", "i",
                      (int64_t)(id ? strtoll(id + 1, NULL, 10) : 0));
  while (fq_row(q))
    if (!fq_col_null(q, 0) && dice(5)) snprintf(who, FQ_ID_MAX, "%s", fq_col_str(q, 0));
}

static void ask(const struct fq_method *m, const char *by) {
  char who[FQ_ID_MAX];
  snprintf(who, sizeof who, "%s", by);
  fq_json *params = m->params ? object(m->params, m->name) : fq_json_object();
  if (!strncmp(m->name, "task.", 5)) assignee(params, who);
  struct fq_actor actor = {.name = who};
  static char org[FQ_ID_MAX];
  if (!strncmp(who, "policy/", 7)) {
    actor.org = "430525";
    actor.roles = FQ_ROLE_POLICY;
  } else {
    fq_stmt *q = fq_sql(fq_kernel_db(w.kernel), "SELECT org, roles FROM account WHERE name = ?1", "s", who);
    assert_true(fq_row(q));
    snprintf(org, sizeof org, "%s", fq_col_str(q, 0));
    actor.org = org;
    actor.roles = (uint32_t)fq_col_int(q, 1);
    fq_done(q);
  }
  char *text = fq_json_print(params);
  memset(&w.error, 0, sizeof w.error);
  fq_json_free(w.result);
  w.result = NULL;
  if (getenv("FQ_TRACE")) fprintf(stderr, "%s %s %s\n", who, m->name, text);
  enum fq_status s = fq_kernel_call(w.kernel, &actor, m->name, params, &w.result, &w.error);
  const struct fq_error *e = &w.error;
  bool told =
      s == FQ_OK || (*e->code && *e->zh && *e->en && strcmp(e->zh, e->en) && !strstr(e->en, "(null)") &&
                     !strstr(e->zh, "(null)") && (s != FQ_E_PARAMS || *e->path));
  bool ours = s == FQ_OK || s == FQ_E_PARAMS || s == FQ_E_CONFLICT || s == FQ_E_FORBIDDEN ||
              s == FQ_E_NOT_FOUND || s == FQ_E_TOO_LARGE;
  if (!told || !ours)
    fail_msg("%s %s %s: %d %s %s: %s / %s", who, m->name, text, s, e->code, e->path, e->zh, e->en);
  char *said = w.result ? fq_json_print(w.result) : NULL;
  if (w.result && !said) fail_msg("%s %s %s: an answer that is no text", who, m->name, text);
  free(said);
  free(text);
}

/* ---- what must never be ---------------------------------------------------------------------------------
 */

#define ENDED "(i.ended_ms IS NOT NULL)"
#define NONE  "NOT EXISTS "
static const struct {
  const char *never, *sql;
} nevers[] = {
    {"closed without feedback and a passed verification",
     "SELECT n FROM incident WHERE state = 'closed' AND (handled_ms IS NULL OR verified_ms IS NULL)"},
    {"an open task on an incident that has ended or was merged",
     "SELECT i.n FROM task t JOIN incident i ON i.n = t.incident WHERE t.ended_ms IS NULL AND (" ENDED
     " OR i.state = 'merged')"},
    {"a clock that runs on an incident that has ended or was merged",
     "SELECT i.n FROM clock k JOIN incident i ON i.n = k.incident WHERE k.state IN ('running', 'due_soon', "
     "'overdue') AND (" ENDED " OR i.state = 'merged')"},
    {"a ladder that climbs after an answer",
     "SELECT i.n FROM climb c JOIN incident i ON i.n = c.incident WHERE i.state <> 'reported'"},
    {"a ladder without its timer",
     "SELECT incident FROM climb c WHERE " NONE "(SELECT 1 FROM timer WHERE id = 'climb:i' || c.incident)"},
    {"a request or a countersign about what has ended",
     "SELECT i.n FROM incident i WHERE (" ENDED " OR i.state = 'merged') AND (EXISTS (SELECT 1 FROM request r"
     " WHERE r.incident = i.n AND r.state = 'open') OR EXISTS (SELECT 1 FROM countersign s WHERE s.incident "
     "= "
     "i.n AND s.state = 'open'))"},
    {"a card open on an incident that has ended",
     "SELECT i.n FROM card k JOIN incident i ON i.n = k.incident WHERE k.ended_ms IS NULL AND " ENDED},
    {"two cards open", "SELECT incident FROM card WHERE ended_ms IS NULL GROUP BY 1 HAVING count(*) > 1"},
    {"a card shown that is not open, on what is",
     "SELECT n FROM incident i WHERE ended_ms IS NULL AND card IS NOT NULL AND " NONE
     "(SELECT 1 FROM card k WHERE k.incident = i.n AND k.ended_ms IS NULL)"},
    {"kept for what has ended", "SELECT i.n FROM reservation r JOIN incident i ON i.n = r.incident WHERE"
                                " r.ended_ms IS NULL AND (" ENDED " OR i.state = 'merged')"},
    {"kept twice",
     "SELECT 1 FROM reservation WHERE ended_ms IS NULL GROUP BY coalesce(to_user, to_unit) HAVING"
     " count(*) > 1"},
    {"two leads",
     "SELECT incident FROM task WHERE ended_ms IS NULL AND role = 'lead' GROUP BY 1 HAVING count(*) > 1"},
    {"suspended and nobody wakes it",
     "SELECT n FROM incident i WHERE suspended_until_ms IS NOT NULL AND " NONE
     "(SELECT 1 FROM timer WHERE id = 'incident:i' || i.n || ':wake')"},
    {"two emergencies in force at one unit",
     "SELECT 1 FROM emergency WHERE ended_ms IS NULL GROUP BY org HAVING count(*) > 1"},
    {"a call-out that goes on after its emergency",
     "SELECT n FROM emergency e WHERE ended_ms IS NOT NULL AND EXISTS (SELECT 1 FROM timer WHERE id = "
     "'emergency:e' || e.n || ':again')"},
    {"a whistle that rings after its end",
     "SELECT n FROM whistle h WHERE ended_ms IS NOT NULL AND EXISTS (SELECT 1 FROM timer WHERE id LIKE "
     "'whistle:w' || h.n || ':%')"},
    {"a measure that is the task of nobody any more",
     "SELECT u.whistle FROM whistle_unit u JOIN task t ON t.n = u.task WHERE t.replaced_by IS NOT NULL"},
    {"an owner elsewhere whose lists do not have it", "SELECT i.n FROM incident i JOIN org o ON o.id = i.org "
                                                      "WHERE i.away = 0 AND instr(o.path, '/' || i.owner_org "
                                                      "|| '/') = 0"},
    {"two mediations open",
     "SELECT incident FROM mediation WHERE ended_ms IS NULL GROUP BY 1 HAVING count(*) > 1"},
    {"somebody watched over by no timer",
     "SELECT n FROM task t WHERE ended_ms IS NULL AND checkin_ms IS NOT NULL AND " NONE
     "(SELECT 1 FROM timer WHERE id = 'task:t' || t.n || ':checkin')"},
    {"a timer long past", "SELECT 1 FROM timer WHERE due_ms < ?1 - 1000"},
    {"joined miscounted",
     "SELECT n FROM incident i WHERE joined <> (SELECT count(*) FROM merged WHERE target = i.n)"},
    {"names in what everybody hears",
     "SELECT seq FROM journal WHERE kind LIKE 'mediation.%' AND kind <> 'mediation.recorded' AND data LIKE "
     "'%13812345678%'"},
};

static void promises(uint32_t step) {
  fq_db *db = fq_kernel_db(w.kernel);
  for (size_t x = 0; x < sizeof nevers / sizeof *nevers; x++) {
    int64_t found = strstr(nevers[x].sql, "?1") ? fq_int(db, -1, nevers[x].sql, "i", now_ms)
                                                : fq_int(db, -1, nevers[x].sql, "");
    if (fq_failed(db)) fail_msg("the statement behind: %s", nevers[x].never);
    if (found != -1) fail_msg("step %u: %s: %lld", step, nevers[x].never, (long long)found);
  }
}

/* ---- the run --------------------------------------------------------------------------------------------
 */

#define SIX                                                                                                   \
  "{\"name\":\"six\",\"title\":\"六长\",\"rungs\":[{\"level\":\"grid\",\"title\":\"g\",\"find\":\"binding:" \
  "grid_head "                                                                                                \
  "unit:grid\"},"                                                                                             \
  "{\"level\":\"village\",\"title\":\"v\",\"find\":\"binding:village_head\"},{\"level\":\"county\","          \
  "\"title\":\"c\",\"find\":\"unit:"                                                                          \
  "county\"}]}"

static void prepare(void) {
  act("admin", "org.import",
      "{\"units\":[{\"id\":\"430525-T1\",\"parent\":\"430525100000\",\"kind\":\"team\",\"name\":\"队\"}]}");
  act("system", "user.add", "{\"name\":\"auditor\",\"org\":\"430525\",\"roles\":[\"admin.audit\"]}");
  act("system", "user.add", "{\"name\":\"relative\",\"org\":\"" GRID_A1 "\",\"roles\":[\"family\"]}");
  act("system", "user.add", "{\"name\":\"service-1\",\"org\":\"430525\",\"roles\":[\"service\"]}");
  act("admin", "ladder.set", SIX);
  act("admin", "fallback.set", "{\"org\":\"430525\",\"owner\":\"430525-D01\"}");
}

/* Incidents and what is done with them more often than rosters; those that everything hangs on most of all.
 */
static const struct fq_method *some_method(void) {
  static const char *const often[] = {
      "incident.report", "incident.dispatch", "task.accept",    "task.arrive",    "task.feedback",
      "task.feedback",   "task.finish",       "task.finish",    "task.finish",    "incident.verify",
      "incident.verify", "incident.close",    "incident.close", "incident.merge", "incident.split",
      "clock.start",     "incident.reopen"};
  const char *name = dice(2) ? ONE_OF(often) : NULL;
  const struct fq_method *chosen = NULL;
  uint32_t count = 0;
  for (const struct fq_plugin *const *p = fq_plugin.parts; *p; p++)
    for (const struct fq_method *m = (*p)->methods; m && m->name; m++) {
      if ((m->flags & FQ_INTERNAL) || m->volatile_run) continue;
      if (name ? !strcmp(name, m->name) : dice(++count) == 0) chosen = m;
    }
  return chosen;
}

static const char *somebody(const struct fq_method *m) {
  if ((m->flags & FQ_POLICY) && !dice(5)) return "policy/p";
  for (int tries = 0; tries < 6; tries++) {
    const char *who = ONE_OF(people);
    if (fq_int(fq_kernel_db(w.kernel), 0, "SELECT roles & ?2 FROM account WHERE name = ?1", "si", who,
               (int64_t)m->roles))
      return who;
  }
  return ONE_OF(people);
}

static void run(uint64_t seed, uint32_t steps) {
  const char *text = getenv("FQ_SEED");
  state_ = text ? strtoull(text, NULL, 10) : seed;
  if ((text = getenv("FQ_STEPS"))) steps = (uint32_t)strtoul(text, NULL, 10);
  prepare();
  now_ms = w.t0_ms;
  for (uint32_t step = 1; step <= steps; step++) {
    const struct fq_method *m = some_method();
    ask(m, somebody(m));
    if (!dice(8)) {
      now_ms += (int64_t)dice(dice(30) ? 90 : 6 * 3600) * SECOND;
      if (dice(40))
        at(now_ms - w.t0_ms);
      else
        wake_at(now_ms - w.t0_ms);
    }
    if (!dice(700)) restart();
    if (step % 25 == 0) promises(step);
  }
  /* A run in which little happens proves little. */
  int64_t kinds = fq_int(fq_kernel_db(w.kernel), 0, "SELECT count(DISTINCT kind) FROM journal", "");
  if (steps >= 3000 && kinds < 40) fail_msg("only %lld kinds of entries", (long long)kinds);
  rebuild_gives_the_same();
}

static void seed_1(void **state) {
  run(1, 3000);
}
static void seed_2(void **state) {
  run(2, 3000);
}

#define D(fn) cmocka_unit_test_setup_teardown(fn, world_open_on_disk, world_close)
int main(void) {
  const struct CMUnitTest tests[] = {D(seed_1), D(seed_2)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
