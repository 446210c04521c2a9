/*
 * Journals nobody should have: rows of a real county's day, changed, lost, doubled, exchanged. Where the
 * chain was not made anew, verification finds it. Where somebody took that trouble, tables are built from
 * what it says or it is refused with a reason; questions about the result are answered; nothing ends the
 * process.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/sign.h"
#include "dispatch_world.h"
#include "fuzz.h"
#include "policy/module.h"
#include "store/journal.h"
#include "workshop/workshop.h"

#define CASES 150 /* in make check: some seconds */

extern const struct fq_plugin fq_plugin;

struct row {
  int64_t at_ms, cause;
  char *kind, *subject, *org, *actor, *audience, *data, *receipt;
};
static struct row *rows;
static size_t row_count;
static char first[FQ_ID_MAX]; /* an incident that was decided about */

/* -- a day to spoil
 * ------------------------------------------------------------------------------------------
 */

/* The parameters of a pack beside it, which says a word about every report; with what else is to be said. */
static const char *beside(const char *version, const char *word, const char *more) {
  static char text[1000];
  snprintf(text, sizeof text,
           "{\"pack\":\"beside\",\"files\":{\"pack.lua\":\"name = 'beside'\\nversion = '%s'\\npolicies = { "
           "'policies/b.lua' }\\n\",\"policies/b.lua\":\"return policy { name = 'b', on = { "
           "['incident.reported'] = function(e) return comment(e.incident, '%s') end } }\\n\"}%s}",
           version, word, more);
  return text;
}

/* How its rules changed meanwhile: a key, drafts, proposals, a shadow, moves, roll-backs. */
static void the_workshop(void) {
  char p[FQ_ID_MAX], *private, *public;
  act("system", "user.add", "{\"name\":\"second\",\"roles\":[\"admin.system\"],\"org\":\"430525\"}");
  fq_key_make(&private, &public);
  fq_json *key = fq_json_object(), *found = NULL;
  fq_json_set_str(key, "name", "邻县");
  fq_json_set_str(key, "public", public);
  if (fq_kernel_call(w.kernel, NULL, "pack.trust", key, &found, &w.error)) fail_msg("%s", w.error.en);
  act("system", "pack.distrust", "{\"key\":\"%s\",\"reason\":\"不再合作\"}", fq_json_str(found, "key"));
  fq_json_free(found);
  free(private);
  free(public);
  act("admin", "draft.save", "%s", beside("1", "一", ""));
  act("second", "draft.save", "{\"pack\":\"beside\",\"rev\":1,\"files\":{\"i18n/x.json\":\"{}\"}}");
  act("second", "draft.save", "{\"pack\":\"beside\",\"rev\":2,\"files\":{\"i18n/x.json\":null}}");
  keep(p, fq_json_str(act("second", "pack.propose", "{\"pack\":\"beside\",\"draft\":true}"), "proposal"));
  act("admin", "pack.approve", "{\"proposal\":\"%s\"}", p);
  keep(p, fq_json_str(act("admin", "pack.propose", "%s", beside("2", "二", "")), "proposal"));
  act("second", "pack.reject", "{\"proposal\":\"%s\",\"reason\":\"不必\"}", p);
  keep(p, fq_json_str(act("admin", "pack.propose", "%s", beside("3", "三", "")), "proposal"));
  act("admin", "pack.withdraw", "{\"proposal\":\"%s\"}", p);
  act("admin", "draft.save", "%s", beside("4", "四", ""));
  act("admin", "draft.discard", "{\"pack\":\"beside\"}");
  act("admin", "shadow.start", "%s", beside("5", "五", ",\"limits\":{\"share\":1,\"at_least\":1}"));
  report("officer-a1", GRID_A1, "fire");
  act("admin", "shadow.promote", "{\"pack\":\"beside\",\"open\":\"move\"}");
  act("admin", "pack.deploy", "%s", beside("6", "六", ",\"note\":\"再改\""));
  report("officer-b1", GRID_B1, "fire");
  act("admin", "policy.rollback", "{\"pack\":\"beside\"}");
  act("admin", "policy.move", "{\"note\":\"一律\"}");
  act("admin", "shadow.start", "%s", beside("7", "七", ""));
  act("admin", "shadow.stop", "{\"pack\":\"beside\"}");
}

static void a_day(void) {
  char i[FQ_ID_MAX], j[FQ_ID_MAX], t[FQ_ID_MAX];
  fq_json *files = fq_json_object(), *params = fq_json_object();
  fq_json_set_str(files, "pack.lua",
                  "name = 'day'\nversion = '1'\ntitle = { zh = '一天' }\npolicies = { 'policies/p.lua' }\n");
  fq_json_set_str(
      files, "policies/p.lua",
      "return policy { name = 'p', clocks = { h = { from = 'reported', to = 'handled', limit = hours(1), "
      "warn = { 0.5 } } }, on = {\n['incident.reported'] = function(e, view)\n local o = "
      "view.nearest_officer(e.incident, {})\n if o then return dispatch(e.incident, o, 'x') end end,\n"
      "['clock.breached'] = function(e) return supervise(e.incident, 'yellow', 'late') end } }\n");
  fq_json_set_str(params, "pack", "day");
  fq_json_set(params, "files", files);
  if (fq_kernel_call(w.kernel, NULL, "pack.deploy", params, NULL, &w.error)) fail_msg("%s", w.error.en);
  keep(i, report("officer-a2", GRID_A1, "fire"));
  fq_copy(first, sizeof first, i);
  keep(t, fq_json_str(fq_json_first(fq_json_get(incident(i), "tasks")), "id"));
  finish_task("officer-a1", t);
  act("dispatcher", "incident.verify", "{\"id\":\"%s\",\"pass\":true}", i);
  keep(j, report("officer-b1", GRID_B1, "dispute"));
  act("dispatcher", "incident.escalate", "{\"id\":\"%s\",\"to\":\"township\",\"reason\":\"大事\"}", j);
  act("dispatcher", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"等\"}", j);
  at(2 * HOUR);
  act("dispatcher", "incident.resume", "{\"id\":\"%s\"}", j);
  keep(i, report("officer-a1", GRID_A2, "flood"));
  act("director-a", "whistle.blow",
      "{\"incident\":\"%s\",\"units\":[\"430525-D01\"],\"within_ms\":3600000,\"reason\":\"会商\"}", i);
  act("commander", "emergency.start",
      "{\"title\":\"山洪\",\"level\":2,\"org\":\"430525100000\",\"reason\":\"暴雨\"}");
  act("dispatcher", "incident.merge", "{\"id\":\"%s\",\"into\":\"%s\",\"reason\":\"同\"}", j, i);
  the_workshop();
  at(6 * HOUR);
}

static void read_rows(void) {
  fq_stmt *q = fq_journal_after(fq_kernel_db(w.kernel), 0, INT64_MAX);
  while (fq_row(q)) {
    struct fq_row r;
    fq_journal_get(q, &r);
    rows = fq_realloc(rows, (row_count + 1) * sizeof *rows);
    rows[row_count++] = (struct row){r.at_ms,
                                     r.cause,
                                     fq_strdup(r.kind),
                                     fq_strdup(r.subject),
                                     fq_strdup(r.org),
                                     fq_strdup(r.actor),
                                     fq_strdup(r.audience),
                                     fq_strdup(r.data),
                                     fq_strdup(r.receipt)};
  }
  assert_true(row_count > 60);
}

/* -- spoiling
 * ------------------------------------------------------------------------------------------------
 */

static fq_json *nasty(struct fuzz *f) {
  char text[300];
  switch (fuzz_below(f, 14)) {
  case 0:
    return fq_json_new_null();
  case 1:
    return fq_json_new_bool(true);
  case 2:
    return fq_json_new_int(0);
  case 3:
    return fq_json_new_int(-1);
  case 4:
    return fq_json_new_int(INT64_C(9007199254740991));
  case 5:
    return fq_json_new_num(-1e300);
  case 6:
    return fq_json_new_num(0.5);
  case 7:
    return fq_json_new_str("");
  case 8:
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    return fq_json_new_str(text);
  case 9:
    return fq_json_new_str("2026-02-30T99:00:00Z");
  case 10:
    return fq_json_new_str("i999999999999999999999");
  case 11:
    return fq_json_array();
  case 12:
    return fq_json_object();
  default:
    return fq_json_new_str(rows[fuzz_below(f, row_count)].subject);
  }
}

/* A member somewhere in the tree becomes something else, or is gone. */
static void spoil_tree(struct fuzz *f, fq_json *v, int depth) {
  size_t n = fq_json_size(v);
  if (!n || fq_json_type(v) != FQ_JSON_OBJECT) return;
  const fq_json *m = fq_json_first(v);
  for (size_t skip = fuzz_below(f, n); skip; skip--)
    m = fq_json_next(m);
  char name[128];
  snprintf(name, sizeof name, "%s", fq_json_name(m));
  if (depth && fq_json_type(m) == FQ_JSON_OBJECT && fuzz_chance(f, 60))
    spoil_tree(f, fq_json_edit(v, name), depth - 1);
  else if (fuzz_chance(f, 20))
    fq_json_free(fq_json_detach(v, name));
  else
    fq_json_set(v, name, nasty(f));
}

static char *spoil_data(struct fuzz *f, const char *data) {
  fq_json *v = fq_json_parse(data, strlen(data), NULL);
  if (!v) return fq_strdup(data);
  for (size_t n = 1 + fuzz_below(f, 3); n; n--)
    spoil_tree(f, v, 3);
  char *text = fq_json_print(v);
  fq_json_free(v);
  return text;
}

static int64_t nasty_number(struct fuzz *f, int64_t is) {
  static const int64_t all[] = {0, -1, 1, INT64_MAX, INT64_MIN, INT64_C(1) << 53};
  return fuzz_chance(f, 50) ? is + (int64_t)fuzz_below(f, 20) - 10
                            : all[fuzz_below(f, sizeof all / sizeof *all)];
}

static void spoil_row(struct fuzz *f, struct row *r, char **owned) {
  const struct row *other = &rows[fuzz_below(f, row_count)];
  switch (fuzz_below(f, 9)) {
  case 0:
    r->kind = other->kind;
    break;
  case 1:
    r->subject = fuzz_chance(f, 70) ? other->subject : (char *)(uintptr_t) "i-7x";
    break;
  case 2:
    r->org = fuzz_chance(f, 70) ? other->org : (char *)(uintptr_t) "nowhere";
    break;
  case 3:
    r->at_ms = nasty_number(f, r->at_ms);
    break;
  case 4:
    r->cause = nasty_number(f, r->cause);
    break;
  case 5:
    r->actor = other->actor;
    break;
  case 6:
    r->data = other->data;
    break;
  default:
    r->data = *owned = spoil_data(f, r->data);
  }
}

/* -- the spoilt journal as a file
 * ----------------------------------------------------------------------------
 */

static void write_journal(const char *path, const struct row *all, size_t count, bool honest) {
  struct fq_error e = {0};
  unlink(path);
  fq_db *db = fq_db_open(path, FQ_DB_WRITER, &e);
  if (!db) fail_msg("%s", e.en);
  struct fq_head head = {0};
  fq_db_allow_write(db, true);
  fq_db_begin(db, true);
  fq_db_run(db, fq_journal_schema);
  for (size_t i = 0; i < count; i++) {
    const struct row *r = &all[i];
    struct fq_row row = {.seq = head.seq + 1,
                         .at_ms = r->at_ms,
                         .cause = r->cause,
                         .kind = r->kind,
                         .subject = r->subject,
                         .org = r->org,
                         .actor = r->actor,
                         .audience = r->audience,
                         .data = r->data,
                         .receipt = r->receipt};
    if (!fq_journal_append(db, &head, &row)) fail_msg("append: %s", (fq_db_error(db, &e), e.en));
  }
  if (!honest) fq_exec(db, "UPDATE journal SET data = '{}' WHERE seq = ?", "i", (int64_t)(count / 2 + 1));
  fq_db_commit(db);
  fq_db_close(db);
}

static fq_kernel *empty_kernel(void **self) {
  struct fq_error e = {0};
  fq_kernel *k = fq_kernel_open(&(struct fq_kernel_config){.memory = true, .fake_clock = true}, &e);
  *self = fq_alloc(fq_plugin.self_bytes);
  fq_kernel_set_time(k, w.t0_ms);
  if (fq_policy_add(k, &e) || fq_kernel_add(k, &fq_workshop_module, fq_workshop_new(), &e) ||
      fq_kernel_add(k, &fq_plugin, *self, &e) || fq_kernel_boot(k, &e))
    fail_msg("%s", e.en);
  return k;
}

static void ask_around(fq_kernel *k) {
  char about_first[100];
  snprintf(about_first, sizeof about_first, "{\"subject\":\"%s\",\"inputs\":true}", first);
  const char *const questions[][2] = {{"incident.list", "{}"},
                                      {"policy.list", "{}"},
                                      {"pack.history", "{}"},
                                      {"policy.generations", "{}"},
                                      {"incident.search", "{}"},
                                      {"whistle.list", "{}"},
                                      {"draft.list", "{}"},
                                      {"draft.open", "{\"pack\":\"beside\"}"},
                                      {"pack.open", "{\"pack\":\"beside\"}"},
                                      {"pack.diff", "{\"pack\":\"beside\",\"from\":2,\"to\":3}"},
                                      {"pack.proposals", "{}"},
                                      {"pack.keys", "{}"},
                                      {"shadow.list", "{}"},
                                      {"shadow.differences", "{\"pack\":\"beside\"}"},
                                      {"job.list", "{}"},
                                      {"policy.why", about_first}};
  for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
    struct fq_error e = {0};
    fq_json *result = NULL, *params = fq_json_parse(questions[i][1], strlen(questions[i][1]), NULL);
    if (fq_kernel_call(k, NULL, questions[i][0], params, &result, &e) && !(e.en[0] && e.zh[0]))
      fail_msg("%s: %s refused without a word", questions[i][0], e.code);
    fq_json_free(result);
  }
}

static bool build(const char *path) {
  struct fq_error e = {0};
  void *self;
  fq_kernel *k = empty_kernel(&self);
  enum fq_status st = fq_kernel_rebuild(k, path, NULL, &e);
  if (st && !(e.en[0] && e.zh[0])) fail_msg("refused without a word: %s %d", e.code, st);
  if (!st) ask_around(k);
  fq_kernel_close(k);
  free(self);
  return !st;
}

static void live_through(const char *path) {
  struct fq_error e = {0};
  void *self;
  fq_kernel *k = empty_kernel(&self);
  struct fq_past *p = fq_past_open(k, path, &e);
  if (!p || fq_past_run(p, fq_past_head(p), NULL, &e))
    assert_true(e.en[0] && e.zh[0]);
  else
    ask_around(k);
  fq_past_close(p);
  fq_kernel_close(k);
  free(self);
}

static void no_journal_hurts(void **state) {
  struct fuzz f;
  char path[128];
  int64_t built = 0;
  a_day();
  read_rows();
  snprintf(path, sizeof path, "%s/spoilt.db", w.dir);
  write_journal(path, rows, row_count, true);
  assert_true(build(path)); /* unspoilt, it is as good as the first */
  write_journal(path, rows, row_count, false);
  assert_false(build(path));
  for (fuzz_begin(&f, "journal", CASES); fuzz_next(&f);) {
    struct row *all = fq_alloc((row_count + 2) * sizeof *all);
    char *owned[8] = {0};
    size_t count = row_count;
    memcpy(all, rows, row_count * sizeof *all);
    for (size_t n = 0, changes = 1 + fuzz_below(&f, 6); n < changes; n++) {
      size_t at = fuzz_below(&f, count);
      if (fuzz_chance(&f, 10)) {
        memmove(all + at, all + at + 1, (count - at - 1) * sizeof *all);
        count--;
      } else if (fuzz_chance(&f, 10)) {
        struct row other = all[at];
        size_t to = fuzz_below(&f, count);
        all[at] = all[to];
        all[to] = other;
      } else
        spoil_row(&f, &all[at], &owned[n]);
    }
    fuzz_note(&f, "", 0);
    write_journal(path, all, count, true);
    built += build(path);
    live_through(path);
    for (size_t n = 0; n < 8; n++)
      free(owned[n]);
    free(all);
  }
  fuzz_end(&f);
  printf("journal: %lld could be built from\n", (long long)built);
  unlink(path);
  for (size_t i = 0; i < row_count; i++) {
    struct row *r = &rows[i];
    free(r->kind), free(r->subject), free(r->org), free(r->actor), free(r->audience), free(r->data),
        free(r->receipt);
  }
  free(rows);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(no_journal_hurts, world_open_on_disk_with_workshop, world_close)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
