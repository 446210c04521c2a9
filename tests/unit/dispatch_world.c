/* See dispatch_world.h. */
#include "dispatch_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/module.h"
#include "store/compare.h"
#include "workshop/workshop.h"

extern const struct fq_plugin fq_plugin;
struct world w;

static const struct {
  const char *name, *org;
  uint32_t roles;
  const char *role;
} users[] = {
    {"admin", "430525", FQ_ROLE_ADMIN_SYSTEM, "admin.system"},
    {"commander", "430525", FQ_ROLE_COMMANDER, "commander"},
    {"dispatcher", "430525", FQ_ROLE_DISPATCHER, "dispatcher"},
    {"director-a", "430525100000", FQ_ROLE_DIRECTOR, "director"},
    {"director-b", "430525101000", FQ_ROLE_DIRECTOR, "director"},
    {"department-01", "430525-D01", FQ_ROLE_DEPARTMENT, "department"},
    {"officer-a1", GRID_A1, FQ_ROLE_OFFICER, "officer"},
    {"officer-a2", GRID_A2, FQ_ROLE_OFFICER, "officer"},
    {"officer-a3", GRID_A1, FQ_ROLE_OFFICER, "officer"},
    {"officer-b1", GRID_B1, FQ_ROLE_OFFICER, "officer"},
};
#define USERS (sizeof users / sizeof *users)

static struct fq_actor actor_of(const char *who) {
  for (size_t i = 0; i < USERS; i++)
    if (!strcmp(users[i].name, who))
      return (struct fq_actor){.name = who, .org = users[i].org, .roles = users[i].roles};
  const char *at = strchr(who, '@');
  if (at) {
    static char name[FQ_ID_MAX];
    snprintf(name, sizeof name, "%.*s", (int)(at - who), who);
    return (struct fq_actor){.name = name, .org = at + 1, .roles = FQ_ROLE_OFFICER};
  }
  if (!strcmp(who, "public")) return (struct fq_actor){.name = who, .org = ""};
  if (!strncmp(who, "policy/", 7))
    return (struct fq_actor){.name = who, .org = "430525", .roles = FQ_ROLE_POLICY};
  /* Somebody a test has added. */
  static char org[FQ_ID_MAX];
  fq_stmt *q = fq_sql(fq_kernel_db(w.kernel), "SELECT org, roles FROM account WHERE name = ?1", "s", who);
  if (fq_row(q)) {
    snprintf(org, sizeof org, "%s", fq_col_str(q, 0));
    struct fq_actor added = {.name = who, .org = org, .roles = (uint32_t)fq_col_int(q, 1)};
    fq_done(q);
    return added;
  }
  assert_string_equal(who, "system");
  return (struct fq_actor){.name = "system", .org = "", .roles = FQ_ROLE_ALL, .system = true};
}

static enum fq_status call(const char *who, const char *method, const char *params, va_list ap) {
  char text[8192];
  struct fq_actor actor = actor_of(who);
  vsnprintf(text, sizeof text, params, ap);
  memset(&w.error, 0, sizeof w.error);
  fq_json *p = fq_json_parse(text, strlen(text), &w.error);
  if (!p) fail_msg("%s: bad JSON in the test: %s", method, text);
  fq_json_free(w.result);
  w.result = NULL;
  return fq_kernel_call(w.kernel, &actor, method, p, &w.result, &w.error);
}

enum fq_status try(const char *who, const char *method, const char *params, ...) {
  va_list ap;
  va_start(ap, params);
  enum fq_status s = call(who, method, params, ap);
  va_end(ap);
  return s;
}

const fq_json *act(const char *who, const char *method, const char *params, ...) {
  va_list ap;
  va_start(ap, params);
  enum fq_status s = call(who, method, params, ap);
  va_end(ap);
  if (s != FQ_OK) fail_msg("%s as %s: %d %s %s: %s", method, who, s, w.error.code, w.error.path, w.error.en);
  return w.result;
}

void refused(const char *who, const char *method, enum fq_status status, const char *code, const char *params,
             ...) {
  va_list ap;
  va_start(ap, params);
  enum fq_status s = call(who, method, params, ap);
  va_end(ap);
  if (s != status || strcmp(w.error.code, code))
    fail_msg("%s as %s: expected %d %s, got %d %s: %s", method, who, status, code, s, w.error.code,
             w.error.en);
  assert_true(*w.error.zh && *w.error.en);
}

static void fill(void) {
  act("system", "org.import",
      "{\"units\":["
      "{\"id\":\"430525\",\"kind\":\"county\",\"name\":\"洞口县\",\"lon\":110.57,\"lat\":27.06},"
      "{\"id\":\"430525-D01\",\"parent\":\"430525\",\"kind\":\"department\",\"name\":\"应急管理局\"},"
      "{\"id\":\"430525100000\",\"parent\":\"430525\",\"kind\":\"township\",\"name\":\"甲镇\"},"
      "{\"id\":\"430525100201\",\"parent\":\"430525100000\",\"kind\":\"village\",\"name\":\"甲村\"},"
      "{\"id\":\"%s\",\"parent\":\"430525100201\",\"kind\":\"grid\",\"name\":\"一格\",\"lon\":110.50,\"lat\":"
      "27.10},"
      "{\"id\":\"%s\",\"parent\":\"430525100201\",\"kind\":\"grid\",\"name\":\"二格\",\"lon\":110.52,\"lat\":"
      "27.10},"
      "{\"id\":\"%s\",\"parent\":\"430525100201\",\"kind\":\"grid\",\"name\":\"三格\",\"lon\":110.54,\"lat\":"
      "27.10},"
      "{\"id\":\"430525101000\",\"parent\":\"430525\",\"kind\":\"township\",\"name\":\"乙镇\"},"
      "{\"id\":\"430525101201\",\"parent\":\"430525101000\",\"kind\":\"village\",\"name\":\"乙村\"},"
      "{\"id\":\"%s\",\"parent\":\"430525101201\",\"kind\":\"grid\",\"name\":\"乙一格\",\"lon\":110.70,"
      "\"lat\":27.00},"
      "{\"id\":\"430525102000\",\"parent\":\"430525\",\"kind\":\"township\",\"name\":\"丙镇\"},"
      "{\"id\":\"430525102201\",\"parent\":\"430525102000\",\"kind\":\"village\",\"name\":\"丙村\"},"
      "{\"id\":\"%s\",\"parent\":\"430525102201\",\"kind\":\"grid\",\"name\":\"丙一格\",\"lon\":110.60,"
      "\"lat\":27.30}"
      "]}",
      GRID_A1, GRID_A2, GRID_A3, GRID_B1, GRID_C1);
  for (size_t i = 0; i < USERS; i++)
    act("system", "user.add", "{\"name\":\"%s\",\"org\":\"%s\",\"roles\":[\"%s\"]}", users[i].name,
        users[i].org, users[i].role);
  act("admin", "officer.set", "{\"user\":\"officer-a1\",\"skills\":[\"fire\"],\"capacity\":2}");
  act("admin", "officer.set", "{\"user\":\"officer-a2\",\"skills\":[\"dispute\"]}");
  act("admin", "officer.set", "{\"user\":\"officer-a3\",\"skills\":[\"fire\"]}");
  act("admin", "officer.set", "{\"user\":\"officer-b1\",\"skills\":[\"fire\",\"dispute\"]}");
  act("officer-a1", "duty.start", "{}");
  act("officer-a2", "duty.start", "{}");
  act("officer-b1", "duty.start", "{}");
}

/* The kernel fills options from the configuration file; here they get their fallbacks. */
static void *state_of(const struct fq_plugin *plugin) {
  static const struct {
    const char *unit;
    int64_t times;
  } units[] = {{"s", SECOND}, {"min", MINUTE}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
  char *self = calloc(1, plugin->self_bytes);
  assert_non_null(self);
  for (const struct fq_option *o = plugin->options; o->name; o++) {
    long long value = 0;
    char unit[8] = "";
    if (o->type == FQ_O_BOOL) {
      *(bool *)(void *)(self + o->offset) = !strcmp(o->fallback, "true");
      continue;
    }
    if (o->type == FQ_O_STRING) {
      snprintf(self + o->offset, o->cap_bytes, "%s", o->fallback);
      continue;
    }
    assert_true(sscanf(o->fallback, "%lld %7s", &value, unit) >= 1);
    for (size_t u = 0; u < sizeof units / sizeof *units; u++)
      if (!strcmp(unit, units[u].unit)) value *= units[u].times;
    *(int64_t *)(void *)(self + o->offset) = value;
  }
  return self;
}

static void new_states(void) {
  w.self = state_of(&fq_plugin);
  w.beside_self = w.beside ? state_of(w.beside) : NULL;
}

static void free_states(void) {
  free(w.self);
  free(w.beside_self);
}

static fq_kernel *new_kernel(const char *dir, const char *file, void *self, void *beside_self) {
  struct fq_kernel_config config = {.data_dir = dir, .file = file, .memory = !dir, .fake_clock = true};
  fq_kernel *k = fq_kernel_open(&config, &w.error);
  if (!k) fail_msg("open: %s", w.error.en);
  fq_kernel_set_time(k, w.t0_ms);
  if (w.policies && fq_policy_add(k, &w.error)) fail_msg("policies: %s", w.error.en);
  if (w.workshop && fq_kernel_add(k, &fq_workshop_module, fq_workshop_new(), &w.error))
    fail_msg("workshop: %s", w.error.en);
  if (fq_kernel_add(k, &fq_plugin, self, &w.error) ||
      (w.beside && fq_kernel_add(k, w.beside, beside_self, &w.error)) || fq_kernel_boot(k, &w.error))
    fail_msg("boot: %s", w.error.en);
  return k;
}

static void open_in(const char *dir) {
  w.t0_ms = fq_time_parse("2026-11-22T00:00:00Z");
  new_states();
  w.kernel = new_kernel(dir, NULL, w.self, w.beside_self);
  fill();
}

int world_open(void **state) {
  memset(&w, 0, sizeof w);
  open_in(NULL);
  return 0;
}

static void open_on_new_disk(void) {
  strcpy(w.dir, "/tmp/dispatch-XXXXXX");
  assert_non_null(mkdtemp(w.dir));
  open_in(w.dir);
}

static int open_on_disk(bool policies) {
  memset(&w, 0, sizeof w);
  w.policies = policies;
  open_on_new_disk();
  return 0;
}

int world_open_on_disk(void **state) {
  return open_on_disk(false);
}

int world_open_on_disk_beside(const struct fq_plugin *beside) {
  memset(&w, 0, sizeof w);
  w.beside = beside;
  open_on_new_disk();
  return 0;
}

int world_open_on_disk_with_policies(void **state) {
  return open_on_disk(true);
}

int world_open_on_disk_with_workshop(void **state) {
  memset(&w, 0, sizeof w);
  w.policies = w.workshop = true;
  open_on_new_disk();
  return 0;
}

int world_open_with_policies(void **state) {
  memset(&w, 0, sizeof w);
  w.policies = true;
  open_in(NULL);
  return 0;
}

void restart(void) {
  int64_t now_ms = fq_now_ms(w.kernel);
  fq_kernel_close(w.kernel);
  free_states();
  new_states();
  w.kernel = new_kernel(w.dir, NULL, w.self, w.beside_self);
  fq_kernel_set_time(w.kernel, now_ms);
}

static void discard(const char *name) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s", w.dir, name);
  if (unlink(path)) rmdir(path);
}

int world_close(void **state) {
  fq_json_free(w.result);
  fq_kernel_close(w.kernel);
  free_states();
  if (*w.dir) {
    static const char *const files[] = {"county.db", "county.db-wal", "county.db-shm", "county.key",
                                        "blobs/tmp", "blobs",         "lock",          ""};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
      discard(files[i]);
  }
  return 0;
}

const char *report(const char *who, const char *grid, const char *category) {
  static char id[FQ_ID_MAX];
  act(who, "incident.report", "{\"category\":\"%s\",\"title\":\"测试\",\"grid\":\"%s\"}", category, grid);
  snprintf(id, sizeof id, "%s", fq_json_str(w.result, "id"));
  return id;
}

const char *task_for(const char *of, const char *user) {
  static char id[FQ_ID_MAX];
  act("dispatcher", "incident.dispatch", "{\"id\":\"%s\",\"to\":[{\"user\":\"%s\"}]}", of, user);
  snprintf(id, sizeof id, "%s", fq_json_as_str(fq_json_first(fq_json_get(w.result, "tasks"))));
  return id;
}

void finish_task(const char *who, const char *task) {
  act(who, "task.accept", "{\"id\":\"%s\"}", task);
  act(who, "task.arrive", "{\"id\":\"%s\"}", task);
  act(who, "task.feedback", "{\"id\":\"%s\",\"text\":\"已处理\"}", task);
  act(who, "task.finish", "{\"id\":\"%s\"}", task);
}

const char *keep(char out[FQ_ID_MAX], const char *id) {
  snprintf(out, FQ_ID_MAX, "%s", id);
  return out;
}

const fq_json *incident(const char *id) {
  return act("dispatcher", "incident.get", "{\"id\":\"%s\"}", id);
}

void state_is(const char *id, const char *state) {
  assert_string_equal(fq_json_str(incident(id), "state"), state);
}

void task_state_is(const char *of, const char *task, const char *state) {
  fq_json_each(t, fq_json_get(incident(of), "tasks")) {
    if (strcmp(fq_json_str(t, "id"), task)) continue;
    assert_string_equal(fq_json_str(t, "state"), state);
    return;
  }
  fail_msg("no task %s", task);
}

const char *clock_state(const char *of, const char *policy, const char *name) {
  fq_json_each(k, fq_json_get(incident(of), "clocks")) {
    if (!strcmp(fq_json_str(k, "policy"), policy) && !strcmp(fq_json_str(k, "name"), name))
      return fq_json_str(k, "state");
  }
  return NULL;
}

void at(int64_t after_t0_ms) {
  struct fq_error e = {0};
  if (fq_kernel_run_until(w.kernel, w.t0_ms + after_t0_ms, &e)) fail_msg("run_until: %s", e.en);
}

void wake_at(int64_t after_t0_ms) {
  fq_kernel_set_time(w.kernel, w.t0_ms + after_t0_ms);
  at(after_t0_ms);
}

int64_t entries(const char *kind) {
  return fq_int(fq_kernel_db(w.kernel), 0, "SELECT count(*) FROM journal WHERE kind = ?1", "s", kind);
}

const char *entry(const char *kind, const char *column) {
  static char text[8192];
  char sql[200];
  snprintf(sql, sizeof sql, "SELECT %s FROM journal WHERE kind = ?1 ORDER BY seq DESC LIMIT 1", column);
  fq_stmt *q = fq_sql(fq_kernel_db(w.kernel), sql, "s", kind);
  if (!fq_row(q)) fail_msg("no entry %s", kind);
  snprintf(text, sizeof text, "%s", fq_col_str(q, 0));
  fq_done(q);
  return text;
}

void rebuild_gives_the_same(void) {
  char path[128], rebuilt[128];
  void *self = state_of(&fq_plugin), *beside_self = w.beside ? state_of(w.beside) : NULL;
  snprintf(path, sizeof path, "%s/county.db", w.dir);
  snprintf(rebuilt, sizeof rebuilt, "%s/rebuilt.db", w.dir);
  fq_kernel *k = new_kernel(w.dir, "rebuilt.db", self, beside_self);
  struct fq_error e = {0};
  if (fq_kernel_rebuild(k, path, NULL, &e)) fail_msg("rebuild: %s", e.en);
  if (fq_compare(path, rebuilt, stderr, &e)) fail_msg("rebuild: %s", e.en);
  fq_kernel_close(k);
  free(self);
  free(beside_self);
  discard("rebuilt.db");
}
