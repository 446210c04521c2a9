/* What keeps the county's house: backups as files, terminals, the journal searched, how the server is, and
 * dictionaries in layers. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dispatch_world.h"
#include "kernel/backup.h"
#include "store/db.h"

extern const struct fq_plugin public_plugin;
static int open_world(void **state) {
  return world_open_on_disk_beside(&public_plugin);
}

static const fq_json *nth(const fq_json *list, size_t n) {
  const fq_json *m = fq_json_first(list);
  while (m && n--)
    m = fq_json_next(m);
  return m;
}

static const fq_json *row(const char *member, const char *value) {
  fq_json_each(r, fq_json_get(w.result, "rows")) {
    const char *text = fq_json_str(r, member);
    if (text && !strcmp(text, value)) return r;
  }
  return NULL;
}

/* ---- backups ------------------------------------------------------------------------------------------- */

static char dir[96];
static struct fq_backup_made made;

static const char *in(const char *name) {
  static char path[320];
  assert_true(snprintf(path, sizeof path, "%s/%s", dir, name) < (int)sizeof path);
  return path;
}
static void put(const char *name, const char *text) {
  FILE *f = fopen(in(name), "w");
  assert_non_null(f);
  fputs(text, f);
  fclose(f);
}
static bool there(const char *name) {
  return !access(in(name), F_OK);
}
static void make_at(const char *time, int keep) {
  struct fq_error e = {0};
  if (fq_backup_make(w.dir, dir, keep, fq_time_parse(time), NULL, &made, &e)) fail_msg("backup: %s", e.en);
}
static void verify_gives(const char *code) {
  struct fq_error e = {0};
  struct fq_backup_made found;
  enum fq_status st = fq_backup_verify(dir, made.file, NULL, &found, &e);
  if (!code && st) fail_msg("verify: %s", e.en);
  if (code && (!st || strcmp(e.code, code))) fail_msg("expected %s, got %s: %s", code, e.code, e.en);
  if (code) assert_true(*e.zh && *e.en);
}
static size_t listed(void) {
  fq_json *rows = fq_backup_list(dir);
  size_t n = fq_json_size(rows);
  fq_json_free(rows);
  return n;
}

static int open_with_backups(void **state) {
  open_world(state);
  snprintf(dir, sizeof dir, "%s.backups", w.dir);
  return 0;
}
static int close_with_backups(void **state) {
  char command[200];
  snprintf(command, sizeof command, "rm -rf %s %s", dir, w.dir);
  world_close(state);
  return system(command);
}

static void a_backup_is_verified_before_it_has_a_name(void **state) {
  report("officer-a1", GRID_A1, "fire");
  make_at("2026-11-22T03:30:00Z", 0);
  int64_t head = fq_int(fq_kernel_db(w.kernel), 0, "SELECT max(seq) FROM journal", "");
  char name[64];
  snprintf(name, sizeof name, "county-20261122T033000Z-%lld.db", (long long)head);
  assert_string_equal(made.file, name);
  assert_int_equal(made.head, head);
  verify_gives(NULL);
  fq_json *rows = fq_backup_list(dir);
  assert_string_equal(fq_json_str(nth(rows, 0), "verified_at"), "2026-11-22T03:30:00.000Z");
  fq_json_free(rows);
  assert_true(there("county.key"));
  report("officer-a1", GRID_A1, "fire"); /* the county goes on, the copy does not */
  verify_gives(NULL);
}

static void names_are_its_own(void **state) {
  assert_true(fq_backup_name_ok("county-20261122T033000Z-7.db"));
  static const char *const strange[] = {"",
                                        "county.db",
                                        "../county-20261122T033000Z-7.db",
                                        "county-20261122T033000Z-.db",
                                        "county-20261122T033000Z-7.db.part",
                                        "county-2026112xT033000Z-7.db",
                                        "county-20261122T033000Z-7/8.db"};
  for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
    assert_false(fq_backup_name_ok(strange[i]));
    snprintf(made.file, sizeof made.file, "%s", strange[i]);
    verify_gives("backup.unknown");
  }
  assert_false(fq_backup_name_ok(NULL));
}

static void a_damaged_copy_is_told(void **state) {
  make_at("2026-11-22T03:30:00Z", 0);
  struct fq_error e = {0};
  fq_db *db = fq_db_open(in(made.file), FQ_DB_WRITER, &e);
  assert_non_null(db);
  bool former = fq_db_allow_write(db, true);
  fq_db_run(db, "PRAGMA journal_mode=DELETE");
  fq_exec(db, "UPDATE journal SET data = '{}' WHERE seq = 5", "");
  fq_db_allow_write(db, former);
  assert_int_equal(fq_db_error(db, &e), FQ_OK);
  fq_db_close(db);
  verify_gives("journal.broken");
  make_at("2026-11-22T03:31:00Z", 0);
  int fd = open(in(made.file), O_RDWR);
  struct stat s;
  assert_int_equal(fstat(fd, &s), 0);
  char junk[4096];
  memset(junk, 0x5a, sizeof junk);
  for (off_t at = 4096; at + 4096 < s.st_size; at += 8192)
    assert_int_equal(pwrite(fd, junk, sizeof junk, at), sizeof junk);
  close(fd);
  struct fq_backup_made found;
  assert_int_not_equal(fq_backup_verify(dir, made.file, NULL, &found, &e), FQ_OK);
  make_at("2026-11-22T03:32:00Z", 0);
  char was[320];
  snprintf(was, sizeof was, "%s", in(made.file));
  snprintf(made.file, sizeof made.file, "county-20261122T033200Z-1.db");
  assert_int_equal(rename(was, in(made.file)), 0);
  verify_gives("backup.head");
}

static bool never(void *arg, const char *phase, int64_t done, int64_t total) {
  return strcmp(phase, arg) != 0;
}
static void one_that_is_stopped_leaves_nothing(void **state) {
  static char phases[][6] = {"copy", "blobs"};
  for (size_t i = 0; i < 2; i++) {
    struct fq_error e = {0};
    const struct fq_backup_watch watch = {never, phases[i]};
    assert_int_equal(fq_backup_make(w.dir, dir, 0, w.t0_ms, &watch, &made, &e), FQ_E_STORAGE);
    assert_string_equal(e.code, "backup.stopped");
    assert_int_equal(listed(), 0);
  }
}

static void halves_are_taken_away_but_not_what_lives(void **state) {
  char alive[64];
  make_at("2026-11-22T03:30:00Z", 0);
  snprintf(alive, sizeof alive, "making-%ld.part", (long)getppid());
  put(alive, "another process's");
  put("making-999999999.part", "a dead one's");
  put("making-999999999.part-journal", "");
  put("county.key.part", "");
  put("county-20261122T050000Z-9.json", "{}"); /* of a file that never got its name */
  put("readme.txt", "somebody's own");
  fq_backup_tidy(dir);
  assert_true(there(alive) && there("readme.txt") && there(made.file));
  assert_false(there("making-999999999.part") || there("making-999999999.part-journal") ||
               there("county.key.part") || there("county-20261122T050000Z-9.json"));
  put("making-999999999.part", "");
  make_at("2026-11-22T03:31:00Z", 0);
  assert_false(there("making-999999999.part"));
}

static void the_newest_stay(void **state) {
  make_at("2026-11-22T03:30:00Z", 0);
  make_at("2026-11-22T03:31:00Z", 0);
  make_at("2026-11-22T03:32:00Z", 2);
  assert_int_equal(listed(), 2);
  assert_false(there("county-20261122T033000Z-1.db"));
  verify_gives(NULL);
  fq_json *rows = fq_backup_list(dir);
  assert_string_equal(fq_json_str(nth(rows, 0), "file"), made.file);
  fq_json_free(rows);
}

static void backups_are_asked_for(void **state) {
  refused("admin", "backup.start", FQ_E_CONFLICT, "backup.no_server", "{}");
  refused("dispatcher", "backup.start", FQ_E_FORBIDDEN, "role", "{}");
  refused("admin", "backup.verify", FQ_E_NOT_FOUND, "backup.unknown", "{\"file\":\"../county.db\"}");
  static const char *const times[] = {"25:00", "03:60", "3:30", "03-30", "noon!"};
  for (size_t i = 0; i < sizeof times / sizeof *times; i++)
    refused("admin", "backup.schedule", FQ_E_PARAMS, "backup.at", "{\"at\":\"%s\"}", times[i]);
  act("admin", "backup.schedule", "{\"at\":\"03:30\",\"keep\":3}");
  fq_stmt *q = fq_sql(fq_kernel_db(w.kernel), "SELECT due_ms FROM timer WHERE method = 'backup.due'", "");
  assert_true(fq_row(q));
  assert_int_equal(fq_col_int(q, 0), fq_time_parse("2026-11-22T19:30:00Z")); /* Beijing's 03:30 */
  fq_done(q);
  act("admin", "backup.schedule", "{\"keep\":3}");
  assert_int_equal(
      fq_int(fq_kernel_db(w.kernel), 0, "SELECT count(*) FROM timer WHERE method = 'backup.due'", ""), 0);
  rebuild_gives_the_same();
}

/* ---- terminals ----------------------------------------------------------------------------------------- */

static void signs_in(const char *user, const char *device) {
  act("system", "user.password", "{\"name\":\"%s\",\"password\":\"a-long-password\"}", user);
  assert_int_equal(try("public", "session.login",
                       "{\"name\":\"%s\",\"password\":\"a-long-password\",\"device\":\"%s\"}", user, device),
                   FQ_OK);
}

static void a_lost_phone_is_blocked(void **state) {
  signs_in("officer-a1", "phone-1");
  signs_in("officer-a2", "phone-1"); /* lent */
  signs_in("officer-a2", "phone-2");
  refused("admin", "device.block", FQ_E_NOT_FOUND, "device.unknown",
          "{\"device\":\"x\",\"reason\":\"丢失\"}");
  refused("dispatcher", "device.block", FQ_E_FORBIDDEN, "role",
          "{\"device\":\"phone-1\",\"reason\":\"丢失\"}");
  act("admin", "device.block", "{\"device\":\"phone-1\",\"reason\":\"手机丢失\"}");
  refused("admin", "device.block", FQ_E_CONFLICT, "device.blocked",
          "{\"device\":\"phone-1\",\"reason\":\"丢失\"}");
  assert_int_equal(
      fq_int(fq_kernel_db(w.kernel), -1, "SELECT count(*) FROM token WHERE device = 'phone-1'", ""), 0);
  assert_int_equal(
      fq_int(fq_kernel_db(w.kernel), -1, "SELECT count(*) FROM token WHERE device = 'phone-2'", ""), 1);
  refused("public", "session.login", FQ_E_FORBIDDEN, "device.blocked",
          "{\"name\":\"officer-a2\",\"password\":\"a-long-password\",\"device\":\"phone-1\"}");
  act("admin", "device.list", "{\"state\":\"blocked\"}");
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 2);
  assert_string_equal(fq_json_str(fq_json_get(row("user", "officer-a2"), "blocked"), "reason"), "手机丢失");
  const fq_json *r = act("admin", "device.list", "{\"limit\":2}");
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 2);
  char next[160];
  snprintf(next, sizeof next, "%s", fq_json_str(r, "next"));
  r = act("admin", "device.list", "{\"limit\":2,\"after\":\"%s\"}", next);
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 1);
  assert_null(fq_json_str(r, "next"));
  assert_int_equal(fq_json_size(fq_json_get(act("admin", "device.list", "{\"text\":\"PHONE-2\"}"), "rows")),
                   1);
  act("admin", "device.allow", "{\"device\":\"phone-1\"}");
  refused("admin", "device.allow", FQ_E_CONFLICT, "device.not_blocked", "{\"device\":\"phone-1\"}");
  signs_in("officer-a2", "phone-1");
  rebuild_gives_the_same();
}

/* ---- the journal searched ------------------------------------------------------------------------------ */

static bool says(const fq_json *v, const char *word) {
  char *text = fq_json_print(v);
  bool found = strstr(text, word) != NULL;
  free(text);
  return found;
}

static void what_nobody_hears_no_search_shows(void **state) {
  char code[32];
  act("public", "public.report",
      "{\"category\":\"fire\",\"text\":\"后山冒烟\",\"name\":\"欧阳不宜\",\"phone\":\"13812349876\","
      "\"place\":"
      "{\"lon\":110.5,\"lat\":27.1}}");
  snprintf(code, sizeof code, "%s", fq_json_str(w.result, "code"));
  assert_true(code[0] && strstr(entry("public.reported", "data"), code));
  int64_t n = fq_int(fq_kernel_db(w.kernel), 0, "SELECT seq FROM journal WHERE kind = 'public.reported'", "");
  act("system", "user.add", "{\"name\":\"auditor\",\"org\":\"430525\",\"roles\":[\"admin.audit\"]}");
  static const char *const readers[] = {"auditor", "admin", "system"};
  for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
    const fq_json *r = act(readers[i], "journal.search", "{\"kind\":\"public.reported\"}");
    assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 1); /* it is there, and no more is told */
    assert_true(fq_json_bool(nth(fq_json_get(r, "rows"), 0), "hidden", false));
    assert_false(says(r, code));
    assert_null(fq_json_get(nth(fq_json_get(r, "rows"), 0), "data"));
    /* nor is it to be guessed a letter at a time */
    assert_int_equal(
        fq_json_size(fq_json_get(
            act(readers[i], "journal.search", "{\"kind\":\"public.\",\"text\":\"%.4s\"}", code), "rows")),
        0);
    r = act(readers[i], "journal.entry", "{\"n\":%lld}", (long long)n);
    assert_true(fq_json_bool(r, "hidden", false));
    assert_false(says(r, code) || fq_json_get(r, "audience"));
  }
}

static void a_search_goes_on_where_it_stopped(void **state) {
  for (int i = 0; i < 5; i++)
    report("officer-a1", GRID_A1, "fire");
  int64_t after = 0;
  size_t found = 0;
  for (int pages = 0; pages < 10; pages++) {
    const fq_json *r =
        after ? act("admin", "journal.search", "{\"kind\":\"incident.reported\",\"limit\":2,\"after\":%lld}",
                    (long long)after)
              : act("admin", "journal.search", "{\"kind\":\"incident.reported\",\"limit\":2}");
    found += fq_json_size(fq_json_get(r, "rows"));
    after = fq_json_int(r, "next", 0);
    if (!after) break;
  }
  assert_int_equal(found, 5);
  assert_int_equal(fq_json_size(fq_json_get(
                       act("admin", "journal.search", "{\"from\":\"2026-11-22T00:00:01Z\"}"), "rows")),
                   0);
  refused("dispatcher", "journal.search", FQ_E_FORBIDDEN, "role", "{}");
  refused("admin", "journal.entry", FQ_E_NOT_FOUND, "journal.unknown", "{\"n\":99999999}");
  const fq_json *v = act("admin", "journal.verify", "{\"from\":3}");
  assert_true(fq_json_bool(v, "ok", false));
  assert_int_equal(fq_json_int(v, "until", 0), fq_json_int(v, "head", -1));
}

/* ---- how it is ----------------------------------------------------------------------------------------- */

static const fq_json *finding(const char *code) {
  fq_json_each(f, fq_json_get(act("admin", "server.status", "{}"), "findings")) {
    if (!strcmp(fq_json_str(f, "code"), code)) return f;
  }
  return NULL;
}
static void a_run(int64_t n, int64_t at_ms,
                  int ok) { /* as the entries of a server with its thread would have it */
  fq_db *db = fq_kernel_db(w.kernel);
  bool former = fq_db_allow_write(db, true);
  fq_exec(db,
          "INSERT INTO backup_run(n, what, actor, at_ms, ended_ms, ok) VALUES(?1,'copy','admin',?2,?2,?3)",
          "iii", n, at_ms, (int64_t)ok);
  fq_db_allow_write(db, former);
}
static void health_says_what_to_do(void **state) {
  const fq_json *f = finding("backup.none");
  assert_non_null(f);
  static const char *const words[] = {"zh", "en", "do_zh", "do_en"};
  for (size_t i = 0; i < 4; i++)
    assert_true(strlen(fq_json_str(f, words[i])) > 0);
  a_run(1, w.t0_ms - 3 * 24 * HOUR, 1);
  assert_null(finding("backup.none"));
  assert_non_null(finding("backup.old"));
  assert_non_null(finding("backup.unplanned"));
  a_run(2, w.t0_ms, 0);
  assert_true(fq_json_bool(finding("backup.failed"), "bad", false));
  a_run(3, w.t0_ms, 1);
  assert_null(finding("backup.failed"));
  assert_null(finding("backup.old"));
  act("admin", "backup.schedule", "{\"at\":\"03:30\"}");
  assert_null(finding("backup.unplanned"));
  refused("officer-a1", "server.status", FQ_E_FORBIDDEN, "role", "{}");
}

/* ---- dictionaries -------------------------------------------------------------------------------------- */

static void deploy(const char *pack, const char *csv) {
  fq_json *p = fq_json_object(), *files = fq_json_object();
  char lua[200];
  snprintf(lua, sizeof lua,
           "name = \"%s\"\nversion = \"1\"\nrequires = { \"dispatch\" }\ndictionaries = { categories = "
           "\"dictionaries/categories.csv\" }\n",
           pack);
  fq_json_set_str(p, "pack", pack);
  fq_json_set_str(files, "pack.lua", lua);
  fq_json_set_str(files, "dictionaries/categories.csv", csv);
  fq_json_set(p, "files", files);
  char *text = fq_json_print(p);
  act("admin", "pack.deploy", "%s", text);
  free(text);
  fq_json_free(p);
}
static const fq_json *word(const char *code) {
  act("admin", "dictionary.list", "{\"name\":\"categories\"}");
  return row("code", code);
}

static void the_county_speaks_over_the_packs(void **state) {
  deploy("one", "code,zh,en,skill\nfire,火情,Fire,fire\nflood,洪水,Flood,flood\n");
  act("admin", "dictionary.set",
      "{\"name\":\"categories\",\"code\":\"fire\",\"zh\":\"火灾\",\"en\":\"Blaze\"}");
  assert_string_equal(fq_json_str(word("fire"), "zh"), "火灾");
  assert_string_equal(fq_json_str(word("fire"), "skill"), "fire"); /* what it does not mention stays */
  assert_string_equal(fq_json_str(word("fire"), "pack"), "one");
  assert_true(fq_json_bool(word("fire"), "own", false));
  deploy("two",
         "code,zh,en\nfire,起火,On fire\n"); /* a pack that comes later does not reach over the county */
  assert_string_equal(fq_json_str(word("fire"), "zh"), "火灾");
  act("admin", "dictionary.set",
      "{\"name\":\"categories\",\"code\":\"noise\",\"zh\":\"噪声\",\"en\":\"Noise\"}");
  assert_true(fq_json_int(word("noise"), "position", -1) > fq_json_int(word("fire"), "position", -1));
  refused("admin", "dictionary.remove", FQ_E_CONFLICT, "dictionary.pack",
          "{\"name\":\"categories\",\"code\":\"flood\"}");
  refused("admin", "dictionary.remove", FQ_E_NOT_FOUND, "dictionary.unknown",
          "{\"name\":\"categories\",\"code\":\"nothing\"}");
  refused("admin", "dictionary.set", FQ_E_PARAMS, "dictionary.attribute",
          "{\"name\":\"categories\",\"code\":\"x\",\"zh\":\"x\",\"en\":\"x\",\"attributes\":{\"zh\":\"y\"}}");
  refused("dispatcher", "dictionary.set", FQ_E_FORBIDDEN, "role",
          "{\"name\":\"categories\",\"code\":\"x\",\"zh\":\"x\",\"en\":\"x\"}");
  rebuild_gives_the_same();
  act("admin", "dictionary.remove", "{\"name\":\"categories\",\"code\":\"fire\"}");
  assert_string_equal(fq_json_str(word("fire"), "zh"), "起火"); /* of two packs the later */
  act("admin", "dictionary.remove", "{\"name\":\"categories\",\"code\":\"noise\"}");
  assert_null(word("noise"));
  report("officer-a1", GRID_A1, "flood");
  const fq_json *used = act("admin", "dictionary.usage", "{\"name\":\"categories\",\"code\":\"flood\"}");
  assert_true(fq_json_int(used, "used", 0) > 0);
  assert_int_equal(
      fq_json_int(act("admin", "dictionary.usage", "{\"name\":\"categories\",\"code\":\"unheard\"}"), "used",
                  -1),
      0);
}

#define D(fn) cmocka_unit_test_setup_teardown(fn, open_world, world_close)
#define B(fn) cmocka_unit_test_setup_teardown(fn, open_with_backups, close_with_backups)
#define P(fn) cmocka_unit_test_setup_teardown(fn, world_open_on_disk_with_policies, world_close)
int main(void) {
  const struct CMUnitTest tests[] = {
      B(a_backup_is_verified_before_it_has_a_name),
      B(names_are_its_own),
      B(a_damaged_copy_is_told),
      B(one_that_is_stopped_leaves_nothing),
      B(halves_are_taken_away_but_not_what_lives),
      B(the_newest_stay),
      D(backups_are_asked_for),
      D(a_lost_phone_is_blocked),
      D(what_nobody_hears_no_search_shows),
      D(a_search_goes_on_where_it_stopped),
      D(health_says_what_to_do),
      P(the_county_speaks_over_the_packs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
