/* The kernel on an in-memory database with a fake clock: ticks, savepoints, rights, receipts, timers,
 * rebuild. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "kernel/kernel.h"
#include "loop/loop.h"
#include "store/db.h"
#include "store/journal.h"

#define T0 1795000000000LL

/* A module that counts: one row a name. */
static enum fq_status apply_added(struct fq_apply *a, const struct fq_entry *e) {
  int64_t by = fq_json_int(e->data, "by", 0);
  if (by == 13) return fq_fail(a->error, FQ_E_INTERNAL, "count.unlucky", "", "不吉利", "unlucky");
  fq_exec(a->db, "INSERT INTO tally(name, n) VALUES(?1,?2) ON CONFLICT(name) DO UPDATE SET n = n + ?2", "si",
          e->subject, by);
  if (fq_json_get(e->data, "in_ms")) {
    fq_json *p = fq_json_object();
    fq_json_set_str(p, "name", e->subject);
    fq_timer_set(a, e->subject, e->at_ms + fq_json_int(e->data, "in_ms", 0), "count.later", e->subject, p);
  }
  return FQ_OK;
}

static enum fq_status add(struct fq_call *c) {
  const char *name = fq_json_str(c->params, "name");
  fq_json *data = fq_json_dup(c->params);
  enum fq_status st = fq_emit(
      c, (struct fq_draft){
             .kind = "count.added", .subject = name, .org = fq_json_str(c->params, "org"), .data = data});
  if (st) return st;
  fq_json_set_int(c->result, "total", fq_int(c->db, 0, "SELECT n FROM tally WHERE name = ?", "s", name));
  if (fq_json_bool(c->params, "fail", false))
    return fq_fail(c->error, FQ_E_CONFLICT, "count.asked", "", "要求失败", "asked to fail");
  if (fq_json_bool(c->params, "write", false)) fq_exec(c->db, "DELETE FROM tally", "");
  return FQ_OK;
}

static enum fq_status later(struct fq_call *c) {
  if (!strcmp(fq_json_str(c->params, "name"), "cursed"))
    return fq_fail(c->error, FQ_E_INTERNAL, "count.cursed", "", "厄运", "cursed");
  fq_json *data = fq_json_object();
  fq_json_set_int(data, "by", 100);
  fq_json_set_int(data, "late_ms", fq_json_int(c->params, "late_ms", -1));
  return fq_emit(
      c, (struct fq_draft){.kind = "count.added", .subject = fq_json_str(c->params, "name"), .data = data});
}

static enum fq_status target(struct fq_call *c, struct fq_target *t) {
  const char *org = fq_json_str(c->params, "org");
  if (org) strcpy(t->org, org);
  return FQ_OK;
}

static enum fq_status total(struct fq_query *q) {
  fq_json_set_int(
      q->result, "n",
      fq_int(q->db, 0, "SELECT n FROM tally WHERE name = ?", "s", fq_json_str(q->params, "name")));
  return FQ_OK;
}

/* A way out that fails as often as it is told to. Runs on a helper thread, but only one parcel is ever under
 * way. */
static atomic_int attempts, failures_left;

static enum fq_status send_parcel(void *self, const char *key, const fq_json *payload, struct fq_error *e) {
  attempts++;
  if (failures_left > 0) {
    failures_left--;
    return fq_fail(e, FQ_E_STORAGE, "count.away", "", "对方不在", "nobody there");
  }
  return FQ_OK;
}
static const struct fq_channel channels[] = {{"pigeon", send_parcel}, {0}};

static enum fq_status apply_letter(struct fq_apply *a, const struct fq_entry *e) {
  fq_outbox_put(a, fq_json_str(e->data, "channel"), e->subject, e->at_ms + 60000, fq_json_dup(e->data));
  return FQ_OK;
}

static enum fq_status write_letter(struct fq_call *c) {
  return fq_emit(c, (struct fq_draft){.kind = "count.letter",
                                      .subject = fq_json_str(c->params, "name"),
                                      .data = fq_json_dup(c->params)});
}

static const char *const migrations[] = {"CREATE TABLE tally(name TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID",
                                         NULL};
static const struct fq_kind kinds[] = {{.name = "count.letter", .apply = apply_letter},
                                       {.name = "count.added", .apply = apply_added, .roles = FQ_ROLE_DESK},
                                       {0}};
static const struct fq_param add_params[] = {{.name = "name", .type = FQ_T_ID, .required = true},
                                             {.name = "by", .type = FQ_T_INT, .min = -10, .max = 20},
                                             {.name = "org", .type = FQ_T_ID},
                                             {.name = "in_ms", .type = FQ_T_INT},
                                             {.name = "fail", .type = FQ_T_BOOL},
                                             {.name = "write", .type = FQ_T_BOOL},
                                             {0}};
static const struct fq_param name_params[] = {{.name = "name", .type = FQ_T_ID, .required = true}, {0}};
static const struct fq_param letter_params[] = {{.name = "name", .type = FQ_T_ID, .required = true},
                                                {.name = "channel", .type = FQ_T_ID, .required = true},
                                                {0}};
static const struct fq_method methods[] = {
    {.name = "count.write", .roles = FQ_ROLE_DESK, .params = letter_params, .run = write_letter},
    {.name = "count.add", .roles = FQ_ROLE_DESK, .params = add_params, .target = target, .run = add},
    {.name = "count.later", .flags = FQ_INTERNAL, .params = name_params, .run = later},
    {.name = "count.total", .roles = FQ_ROLE_DESK, .params = name_params, .query = total},
    {0}};
static const struct fq_plugin counter = {FQ_PLUGIN_HEAD,           .channels = channels, .name = "count",
                                         .migrations = migrations, .kinds = kinds,       .methods = methods};

static fq_kernel *open_kernel(const char *dir, const char *file) {
  struct fq_error e = {0};
  fq_kernel *k = fq_kernel_open(
      &(struct fq_kernel_config){.data_dir = dir, .file = file, .memory = !dir, .fake_clock = true}, &e);
  assert_non_null(k);
  assert_int_equal(fq_kernel_add(k, &counter, NULL, &e), FQ_OK);
  if (fq_kernel_boot(k, &e)) fail_msg("%s", e.en);
  fq_kernel_set_time(k, T0);
  return k;
}

static enum fq_status last;
static struct fq_error why;

static int64_t run(fq_kernel *k, const struct fq_actor *a, const char *method, const char *json,
                   const char *want) {
  fq_json *result = NULL;
  memset(&why, 0, sizeof why);
  last = fq_kernel_call(k, a, method, fq_json_parse(json, strlen(json), NULL), &result, &why);
  int64_t out = result && want ? fq_json_int(result, want, -1) : -1;
  fq_json_free(result);
  return out;
}

static void tree(fq_kernel *k) {
  run(k, NULL, "org.import",
      "{\"units\":[{\"id\":\"c\",\"kind\":\"county\",\"name\":\"县\"},{\"id\":\"t1\",\"parent\":\"c\","
      "\"kind\":\"township\",\"name\":\"甲\"},"
      "{\"id\":\"t2\",\"parent\":\"c\",\"kind\":\"township\",\"name\":\"乙\"},{\"id\":\"g1\",\"parent\":"
      "\"t1\",\"kind\":\"grid\",\"name\":\"一\","
      "\"lon\":110.5,\"lat\":27.0},{\"id\":\"g2\",\"parent\":\"t2\",\"kind\":\"grid\",\"name\":\"二\","
      "\"lon\":110.6,\"lat\":27.1}]}",
      NULL);
  if (last) fail_msg("%s %s", why.en, why.path);
}

static void commands(void **s) {
  fq_kernel *k = open_kernel(NULL, NULL);
  assert_int_equal(run(k, NULL, "count.add", "{\"name\":\"a\",\"by\":2}", "total"), 2);
  assert_int_equal(run(k, NULL, "count.add", "{\"name\":\"a\",\"by\":3}", "total"), 5);
  assert_int_equal(run(k, NULL, "count.total", "{\"name\":\"a\"}", "n"), 5);
  /* a failing handler leaves nothing, not even its entry */
  run(k, NULL, "count.add", "{\"name\":\"a\",\"by\":3,\"fail\":true}", NULL);
  assert_int_equal(last, FQ_E_CONFLICT);
  run(k, NULL, "count.add", "{\"name\":\"a\",\"by\":13}", NULL);
  assert_string_equal(why.code, "count.unlucky");
  run(k, NULL, "count.add", "{\"name\":\"a\",\"by\":1,\"write\":true}", NULL);
  assert_int_equal(last, FQ_E_INTERNAL);
  assert_non_null(strstr(why.en, "writing outside apply"));
  assert_int_equal(run(k, NULL, "count.total", "{\"name\":\"a\"}", "n"), 5);
  assert_int_equal(run(k, NULL, "count.add", "{\"name\":\"a\",\"by\":1}", "n"),
                   3); /* the journal has no gaps */
  fq_kernel_close(k);
}

static void schema(void **s) {
  fq_kernel *k = open_kernel(NULL, NULL);
  run(k, NULL, "count.add", "{\"name\":\"a\",\"bye\":1}", NULL);
  assert_int_equal(last, FQ_E_PARAMS);
  assert_string_equal(why.path, "params.bye");
  run(k, NULL, "count.add", "{\"by\":1}", NULL);
  assert_string_equal(why.path, "params.name");
  run(k, NULL, "count.add", "{\"name\":\"a b\"}", NULL);
  assert_string_equal(why.code, "params.type");
  run(k, NULL, "count.add", "{\"name\":\"a\",\"by\":1.5}", NULL);
  assert_string_equal(why.path, "params.by");
  run(k, NULL, "count.add", "{\"name\":\"a\",\"by\":21}", NULL);
  assert_string_equal(why.code, "params.range");
  run(k, NULL, "org.import", "{\"units\":[{\"id\":\"c\",\"kind\":\"county\",\"name\":\"县\",\"lon\":\"x\"}]}",
      NULL);
  assert_string_equal(why.path, "params.units[0].lon");
  run(k, NULL, "nothing.here", "{}", NULL);
  assert_int_equal(last, FQ_E_METHOD);
  fq_kernel_close(k);
}

static void rights(void **s) {
  fq_kernel *k = open_kernel(NULL, NULL);
  tree(k);
  struct fq_actor director = {.name = "d1", .org = "t1", .roles = FQ_ROLE_DIRECTOR},
                  officer = {.name = "o", .org = "g1", .roles = FQ_ROLE_OFFICER};
  run(k, &director, "count.add", "{\"name\":\"a\",\"by\":1,\"org\":\"g1\"}", NULL);
  assert_int_equal(last, FQ_OK);
  run(k, &director, "count.add", "{\"name\":\"a\",\"by\":1,\"org\":\"g2\"}", NULL);
  assert_int_equal(last, FQ_E_FORBIDDEN);
  assert_string_equal(why.code, "scope");
  run(k, &director, "count.add", "{\"name\":\"a\",\"by\":1}", NULL); /* the county itself */
  assert_int_equal(last, FQ_E_FORBIDDEN);
  run(k, &officer, "count.add", "{\"name\":\"a\",\"by\":1,\"org\":\"g1\"}", NULL);
  assert_string_equal(why.code, "role");
  run(k, &director, "count.later", "{\"name\":\"a\"}", NULL);
  assert_int_equal(last, FQ_E_METHOD);
  fq_kernel_close(k);
}

static void receipts(void **s) {
  fq_kernel *k = open_kernel(NULL, NULL);
  const char *twice = "{\"name\":\"a\",\"by\":2,\"idem\":\"mhq0000000-0001\"}";
  assert_int_equal(run(k, NULL, "count.add", twice, "n"), -1);
  assert_string_equal(why.path, "params.idem"); /* 15 characters */
  twice = "{\"name\":\"a\",\"by\":2,\"idem\":\"mhq0000000-00001\"}";
  assert_int_equal(run(k, NULL, "count.add", twice, "n"), 1);
  assert_int_equal(run(k, NULL, "count.add", twice, "n"), 1);
  assert_int_equal(run(k, NULL, "count.total", "{\"name\":\"a\"}", "n"), 2);
  run(k, NULL, "count.add", "{\"name\":\"a\",\"by\":3,\"idem\":\"mhq0000000-00001\"}", NULL);
  assert_int_equal(last, FQ_E_IDEMPOTENCY);
  struct fq_actor other = {.name = "other", .org = "", .roles = FQ_ROLE_DESK, .system = true};
  assert_int_equal(run(k, &other, "count.add", twice, "n"), 2); /* keys belong to their actor */
  fq_kernel_close(k);
}

static void timers(void **s) {
  fq_kernel *k = open_kernel(NULL, NULL);
  struct fq_error e = {0};
  run(k, NULL, "count.add", "{\"name\":\"b\",\"by\":1,\"in_ms\":60000}", NULL);
  run(k, NULL, "count.add", "{\"name\":\"a\",\"by\":1,\"in_ms\":30000}", NULL);
  assert_int_equal(fq_kernel_run_until(k, T0 + 29999, &e), FQ_OK);
  assert_int_equal(run(k, NULL, "count.total", "{\"name\":\"a\"}", "n"), 1);
  assert_int_equal(fq_kernel_run_until(k, T0 + 30000, &e), FQ_OK);
  assert_int_equal(run(k, NULL, "count.total", "{\"name\":\"a\"}", "n"), 101);
  assert_int_equal(run(k, NULL, "count.total", "{\"name\":\"b\"}", "n"), 1);
  /* The clock jumps over the other: it fires once, late, and knows how late. */
  fq_kernel_set_time(k, T0 + 90000);
  assert_int_equal(fq_kernel_run_until(k, T0 + 90000, &e), FQ_OK);
  assert_int_equal(run(k, NULL, "count.total", "{\"name\":\"b\"}", "n"), 101);
  assert_int_equal(
      fq_int(fq_kernel_db(k), 0,
             "SELECT data ->> 'late_ms' FROM journal WHERE kind = 'timer.fired' AND subject = 'b'", ""),
      30000);
  assert_int_equal(fq_kernel_run_until(k, T0 + 900000, &e), FQ_OK);
  assert_int_equal(fq_int(fq_kernel_db(k), 0, "SELECT count(*) FROM journal WHERE kind = 'timer.fired'", ""),
                   2);
  fq_kernel_close(k);
}

static void failing_timer(void **s) {
  fq_kernel *k = open_kernel(NULL, NULL);
  struct fq_error e = {0};
  run(k, NULL, "count.add", "{\"name\":\"cursed\",\"by\":1,\"in_ms\":1000}", NULL);
  run(k, NULL, "count.add", "{\"name\":\"a\",\"by\":1,\"in_ms\":1000}", NULL);
  assert_int_equal(fq_kernel_run_until(k, T0 + 5000, &e), FQ_OK);
  /* It fired, once, though what it was for failed; the one behind it is not held up. */
  assert_int_equal(fq_int(fq_kernel_db(k), 0,
                          "SELECT count(*) FROM journal WHERE kind = 'timer.fired' AND subject = 'cursed'",
                          ""),
                   1);
  assert_int_equal(fq_int(fq_kernel_db(k), -1, "SELECT count(*) FROM timer", ""), 0);
  assert_int_equal(run(k, NULL, "count.total", "{\"name\":\"cursed\"}", "n"), 1);
  assert_int_equal(run(k, NULL, "count.total", "{\"name\":\"a\"}", "n"), 101);
  fq_kernel_close(k);
}

/* The loop sleeps towards the earliest timer while somebody sets the clock: forward over both timers, then
 * back. */
static void clock_jumps(void **s) {
  struct fq_error e = {0};
  fq_kernel *k =
      fq_kernel_open(&(struct fq_kernel_config){.memory = true, .fake_clock = true, .rearm_ms = 20}, &e);
  assert_int_equal(fq_kernel_add(k, &counter, NULL, &e), FQ_OK);
  assert_int_equal(fq_kernel_boot(k, &e), FQ_OK);
  fq_kernel_set_time(k, T0);
  assert_int_equal(fq_kernel_start(k, &e), FQ_OK);
  run(k, NULL, "count.add", "{\"name\":\"b\",\"by\":1,\"in_ms\":7200000}", NULL);
  run(k, NULL, "count.add", "{\"name\":\"a\",\"by\":1,\"in_ms\":3600000}", NULL);
  fq_kernel_set_time(k, T0 + 10800000);
  while (fq_int(fq_kernel_db(k), 0, "SELECT count(*) FROM journal WHERE kind = 'timer.fired'", "") < 2)
    fq_loop_wait(fq_kernel_loop(k));
  assert_int_equal(fq_int(fq_kernel_db(k), 0,
                          "SELECT data ->> 'late_ms' FROM journal WHERE kind = 'timer.fired' ORDER BY seq",
                          ""),
                   7200000);
  assert_int_equal(
      fq_int(fq_kernel_db(k), 0,
             "SELECT data ->> 'late_ms' FROM journal WHERE kind = 'timer.fired' ORDER BY seq DESC", ""),
      3600000);
  fq_kernel_set_time(k, T0);
  run(k, NULL, "count.add", "{\"name\":\"a\",\"by\":1}", NULL);
  assert_int_equal(fq_int(fq_kernel_db(k), 0, "SELECT max(at_ms) FROM journal", ""),
                   T0 + 10800000); /* never back */
  fq_kernel_close(k);
}

static void rebuild(void **s) {
  char dir[] = "/tmp/fq-kernel-XXXXXX", command[64];
  struct fq_error e = {0};
  int64_t rows = 0;
  assert_non_null(mkdtemp(dir));
  fq_kernel *k = open_kernel(dir, NULL);
  tree(k);
  run(k, NULL, "count.add", "{\"name\":\"a\",\"by\":2,\"in_ms\":50,\"idem\":\"mhq0000000-00001\"}", NULL);
  fq_kernel_run_until(k, T0 + 100, &e);
  run(k, NULL, "user.add",
      "{\"name\":\"u\",\"roles\":[\"dispatcher\"],\"org\":\"c\",\"password\":\"correct horse\"}", NULL);
  assert_int_equal(last, FQ_OK);
  fq_kernel_close(k);
  char path[64];
  snprintf(path, sizeof path, "%s/county.db", dir);
  k = open_kernel(dir, "again.db");
  assert_int_equal(fq_kernel_rebuild(k, path, &rows, &e), FQ_OK);
  assert_int_equal(rows, 10);
  assert_int_equal(run(k, NULL, "count.total", "{\"name\":\"a\"}", "n"), 102);
  assert_int_equal(run(k, NULL, "session.login", "{\"name\":\"u\",\"password\":\"correct horse\"}", "n"), 11);
  run(k, NULL, "session.login", "{\"name\":\"u\",\"password\":\"wrong horse\"}", NULL);
  assert_int_equal(last, FQ_E_SIGNED_OUT);
  fq_kernel_close(k);
  /* One changed letter is found, and where. */
  fq_db *db = fq_db_open(path, FQ_DB_WRITER, &e);
  fq_db_run(db, "UPDATE journal SET data = replace(data, '甲', '丙') WHERE seq = 2");
  fq_db_close(db);
  k = open_kernel(dir, "third.db");
  assert_int_equal(fq_kernel_rebuild(k, path, &rows, &e), FQ_E_STORAGE);
  assert_string_equal(e.path, "journal:2");
  fq_kernel_close(k);
  snprintf(command, sizeof command, "rm -rf %s", dir);
  assert_int_equal(system(command), 0);
}

/* A chain can be made anew over anything; a time cannot be anything. */
static void impossible_times(void **s) {
  static const int64_t times[] = {INT64_MAX, -1, INT64_C(253402300800000)};
  char dir[] = "/tmp/fq-kernel-XXXXXX", path[64], command[64];
  struct fq_error e = {0};
  int64_t rows = 0;
  assert_non_null(mkdtemp(dir));
  snprintf(path, sizeof path, "%s/made.db", dir);
  for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
    struct fq_head head = {0};
    struct fq_row row = {.seq = 1,
                         .at_ms = times[i],
                         .kind = "user.disabled",
                         .subject = "",
                         .org = "",
                         .actor = "x",
                         .audience = "",
                         .data = "{}"};
    unlink(path);
    fq_db *db = fq_db_open(path, FQ_DB_WRITER, &e);
    fq_db_allow_write(db, true);
    fq_db_run(db, fq_journal_schema);
    assert_true(fq_journal_append(db, &head, &row));
    fq_db_close(db);
    fq_kernel *k = open_kernel(NULL, NULL);
    e = (struct fq_error){0};
    assert_int_equal(fq_kernel_rebuild(k, path, &rows, &e), FQ_E_PARAMS);
    assert_string_equal(e.code, "entry.time");
    fq_kernel_close(k);
  }
  snprintf(command, sizeof command, "rm -rf %s", dir);
  assert_int_equal(system(command), 0);
}

static void lock_out(void **s) {
  fq_kernel *k = open_kernel(NULL, NULL);
  tree(k);
  run(k, NULL, "user.add",
      "{\"name\":\"u\",\"roles\":[\"dispatcher\"],\"org\":\"c\",\"password\":\"correct horse\"}", NULL);
  for (int i = 0; i < 5; i++) {
    run(k, NULL, "session.login", "{\"name\":\"u\",\"password\":\"guess\"}", NULL);
    assert_int_equal(last, FQ_E_SIGNED_OUT);
  }
  run(k, NULL, "session.login", "{\"name\":\"u\",\"password\":\"correct horse\"}", NULL);
  assert_int_equal(last, FQ_E_OVERLOADED);
  assert_true(why.retry_after_ms > 0);
  fq_kernel_set_time(k, T0 + 40000);
  run(k, NULL, "session.login", "{\"name\":\"u\",\"password\":\"correct horse\"}", NULL);
  assert_int_equal(last, FQ_OK);
  fq_kernel_close(k);
}

static int64_t settled(fq_kernel *k, const char *key, const char *outcome) {
  return fq_int(fq_kernel_db(k), 0,
                "SELECT count(*) FROM journal WHERE kind = 'outbox.settled' AND data ->> 'key' = ? AND data "
                "->> 'outcome' = ?",
                "ss", key, outcome);
}

static void outbox(void **s) {
  char dir[] = "/tmp/fq-outbox-XXXXXX", command[64];
  struct fq_error e = {0};
  assert_non_null(mkdtemp(dir));
  fq_kernel *k = fq_kernel_open(
      &(struct fq_kernel_config){.data_dir = dir, .readers = 1, .helpers = 1, .fake_clock = true}, &e);
  assert_int_equal(fq_kernel_add(k, &counter, NULL, &e), FQ_OK);
  assert_int_equal(fq_kernel_boot(k, &e), FQ_OK);
  fq_kernel_set_time(k, T0);
  assert_int_equal(fq_kernel_start(k, &e), FQ_OK);
  attempts = 0;
  failures_left = 1;
  run(k, NULL, "count.write", "{\"name\":\"a\",\"channel\":\"pigeon\"}", NULL);
  while (attempts < 1)
    fq_loop_wait(fq_kernel_loop(k));
  assert_int_equal(settled(k, "a", "delivered"), 0); /* it failed, stays, and waits its pause */
  while (!settled(k, "a", "delivered")) {            /* its alarm brings it again */
    fq_kernel_set_time(k, fq_now_ms(k) + 2000);
    fq_loop_wait(fq_kernel_loop(k));
  }
  assert_int_equal(attempts, 2);
  run(k, NULL, "count.write", "{\"name\":\"b\",\"channel\":\"nobodys\"}", NULL); /* a channel no plugin has */
  fq_kernel_set_time(k, fq_now_ms(k) + 90000);
  run(k, NULL, "count.add", "{\"name\":\"x\",\"by\":1}", NULL); /* any commit looks at the outbox */
  while (!settled(k, "b", "expired"))
    fq_loop_wait(fq_kernel_loop(k));
  assert_int_equal(fq_int(fq_kernel_db(k), -1, "SELECT count(*) FROM outbox", ""), 0);
  fq_kernel_close(k);
  snprintf(command, sizeof command, "rm -rf %s", dir);
  assert_int_equal(system(command), 0);
}

static void places(void **s) {
  fq_kernel *k = open_kernel(NULL, NULL);
  char grid[FQ_ID_MAX];
  assert_false(fq_org_grid_at(fq_kernel_db(k), 110.5, 27, grid));
  tree(k);
  assert_true(fq_org_grid_at(fq_kernel_db(k), 110.51, 27.01, grid));
  assert_string_equal(grid, "g1");
  assert_true(fq_org_grid_at(fq_kernel_db(k), 110.9, 27.3, grid));
  assert_string_equal(grid, "g2");
  assert_true(fq_org_within(fq_kernel_db(k), "g1", "c"));
  assert_false(fq_org_within(fq_kernel_db(k), "g1", "t2"));
  assert_false(fq_org_within(fq_kernel_db(k), "nowhere", "c"));
  fq_kernel_close(k);
}

/* What memory answers is what the table answers, whatever has been changed, also by commands that failed. */
static void places_agree(fq_kernel *k, unsigned seed) {
  fq_db *db = fq_kernel_db(k);
  void *memory = fq_db_user(db);
  assert_non_null(memory);
  for (int i = 0; i < 400; i++) {
    double lon = 109.5 + (double)(seed = seed * 1103515245 + 12345) / UINT32_MAX * 3;
    double lat = 26.0 + (double)(seed = seed * 1103515245 + 12345) / UINT32_MAX * 3;
    char here[FQ_ID_MAX] = "", there[FQ_ID_MAX] = "";
    struct fq_unit u = {.id = ""}, v = {.id = ""};
    bool found = fq_org_grid_at(db, lon, lat, here), unit = fq_org_unit(db, here, &u);
    bool within = fq_org_within(db, here, "t1");
    fq_db_set_user(db, NULL);
    assert_int_equal(fq_org_grid_at(db, lon, lat, there), found);
    if (!found) here[0] = there[0] = '\0';
    assert_string_equal(here, there);
    assert_int_equal(fq_org_unit(db, there, &v), unit);
    assert_string_equal(u.name, v.name);
    assert_string_equal(u.parent, v.parent);
    assert_int_equal(fq_org_within(db, there, "t1"), within);
    fq_db_set_user(db, memory);
  }
}

static void places_in_memory(void **s) {
  fq_kernel *k = open_kernel(NULL, NULL);
  char grid[FQ_ID_MAX], json[512];
  struct fq_unit u;
  tree(k);
  for (unsigned i = 0; i < 60; i++) {
    places_agree(k, i);
    /* a new grid now and then, one that moves to another township, one that is closed ... */
    snprintf(json, sizeof json,
             "{\"units\":[{\"id\":\"x%u\",\"parent\":\"t%u\",\"kind\":\"grid\",\"name\":\"%u\",\"lon\":%.3f,"
             "\"lat\":%.3f%s}%s]}",
             i % 25, 1 + i % 2, i, 110 + (i * 37 % 100) / 50.0, 26.5 + (i * 61 % 100) / 50.0,
             i % 7 == 3 ? ",\"valid_to\":\"2026-01-01\"" : "",
             /* ... and every third time the command fails after the unit was set */
             i % 3 == 1 ? ",{\"id\":\"y\",\"parent\":\"nowhere\",\"kind\":\"grid\",\"name\":\"y\"}" : "");
    run(k, NULL, "org.import", json, NULL);
    assert_int_equal(last, i % 3 == 1 ? FQ_E_PARAMS : FQ_OK);
  }
  places_agree(k, 77);
  run(k, NULL, "org.import",
      "{\"units\":[{\"id\":\"g1\",\"parent\":\"t2\",\"kind\":\"grid\",\"name\":\"三\",\"lon\":1,\"lat\":1},"
      "{\"id\":\"y\",\"parent\":\"nowhere\",\"kind\":\"grid\",\"name\":\"y\"}]}",
      NULL);
  assert_true(fq_org_grid_at(fq_kernel_db(k), 110.5, 27, grid));
  assert_true(fq_org_unit(fq_kernel_db(k), "g1", &u));
  assert_string_equal(u.name, "一");
  assert_true(fq_org_within(fq_kernel_db(k), "g1", "t1"));
  fq_kernel_close(k);
}

/* Entries are compared and hashed as text: a value prints as it always has. */
static void texts(void **state) {
  (void)state;
  static const char *const as_they_are[] = {"0",
                                            "-1",
                                            "7",
                                            "0.5",
                                            "-0.25",
                                            "0.8",
                                            "112.345678",
                                            "-0.0001",
                                            "999999.000001",
                                            "0.1234567",
                                            "1000000.5",
                                            "123456789012345",
                                            "-999999999999999",
                                            "1e+15",
                                            "1e-05",
                                            "0.0001",
                                            "3.14159265358979",
                                            "[]",
                                            "{}",
                                            "[1,[2,{\"a\":null}],true,false]",
                                            "\"\"",
                                            "{\"\\\"\\\\\":\"\\b\\f\\n\\r\\t\\u0001\\u001f 网格 /\"}"};
  for (size_t k = 0; k < sizeof as_they_are / sizeof *as_they_are; k++) {
    const char *text = as_they_are[k];
    fq_json *v = fq_json_parse(text, strlen(text), NULL);
    assert_non_null(v);
    char *printed = fq_json_print(v);
    assert_string_equal(printed, text);
    fq_json *again = fq_json_parse(printed, strlen(printed), NULL);
    assert_true(fq_json_equal(v, again));
    fq_json_free(again);
    fq_json_free(v);
    free(printed);
  }
  fq_json *list = fq_json_array(); /* longer than the buffer that is kept */
  for (int k = 0; k < 4000; k++)
    fq_json_push(list, fq_json_new_int(100000 + k));
  char *printed = fq_json_print(list);
  assert_int_equal(strlen(printed), 4000 * 7 + 1);
  free(printed);
  fq_json_free(list);
  static const struct {
    int64_t ms;
    const char *text;
  } times[] = {{0, "1970-01-01T00:00:00.000Z"},
               {951782400007, "2000-02-29T00:00:00.007Z"},
               {1795000059999, "2026-11-18T11:07:39.999Z"},
               {253402300799999, "9999-12-31T23:59:59.999Z"}};
  for (size_t k = 0; k < sizeof times / sizeof *times; k++) {
    char text[32];
    fq_time_format(times[k].ms, text);
    assert_string_equal(text, times[k].text);
    assert_int_equal(fq_time_parse(text), times[k].ms);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(commands),    cmocka_unit_test(schema),  cmocka_unit_test(rights),
      cmocka_unit_test(receipts),    cmocka_unit_test(timers),  cmocka_unit_test(failing_timer),
      cmocka_unit_test(clock_jumps), cmocka_unit_test(rebuild), cmocka_unit_test(impossible_times),
      cmocka_unit_test(lock_out),    cmocka_unit_test(places),  cmocka_unit_test(places_in_memory),
      cmocka_unit_test(outbox),      cmocka_unit_test(texts)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
