/* Residents' reports: what is told, what is kept back, what is refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crypto.h"
#include "dispatch_world.h"
#include "loop/loop.h"

extern const struct fq_plugin public_plugin;

static int open_world(void **state) {
  return world_open_on_disk_beside(&public_plugin);
}

/* As it comes over the wire: without an account, from an address. */
static bool answered;
static void done(struct fq_request *r) {
  answered = true;
}
static enum fq_status from(const char *remote, const char *method, const char *params) {
  struct fq_request r = {.reply = done};
  snprintf(r.method, sizeof r.method, "%s", method);
  snprintf(r.remote, sizeof r.remote, "%s", remote);
  r.params = fq_json_parse(params, strlen(params), NULL);
  assert_non_null(r.params);
  answered = false;
  fq_submit(w.kernel, &r);
  if (!answered) try("officer-a2", "duty.start", "{}"); /* whatever has a tick of its own takes it along */
  assert_true(answered);
  fq_json_free(w.result);
  w.result = r.result;
  w.error = r.error;
  fq_json_free(r.params);
  free(r.result_text);
  return r.error.status;
}

static char id[FQ_ID_MAX], code[32];
static int64_t number;

static void resident_reports(const char *more) {
  act("public", "public.report",
      "{\"category\":\"fire\",\"text\":\"后山冒烟\",\"name\":\"欧阳不宜\",\"phone\":\"+86 138 1234 9876\","
      "\"place\":{\"lon\":110.5,\"lat\":27.1}%s}",
      more);
  number = fq_json_int(w.result, "number", 0);
  snprintf(code, sizeof code, "%s", fq_json_str(w.result, "code"));
  fq_stmt *q =
      fq_sql(fq_kernel_db(w.kernel), "SELECT incident FROM public_report WHERE number = ?1", "i", number);
  assert_true(fq_row(q));
  snprintf(id, sizeof id, "%s", fq_col_str(q, 0));
  fq_done(q);
}

static const fq_json *follow(void) {
  return act("public", "public.follow", "{\"number\":%lld,\"tail\":\"9876\"}", (long long)number);
}

static void stage_is(const char *stage) {
  assert_string_equal(fq_json_str(follow(), "stage"), stage);
}

static bool says(const fq_json *v, const char *word) {
  char *text = fq_json_print(v);
  bool found = strstr(text, word) != NULL;
  free(text);
  return found;
}

static void life(const char *last) {
  act("dispatcher", "incident.accept", "{\"id\":\"%s\"}", id);
  char task[FQ_ID_MAX];
  keep(task, task_for(id, "officer-a1"));
  finish_task("officer-a1", task);
  act("director-a", "incident.verify", "{\"id\":\"%s\",\"pass\":true}", id);
  act("director-a", "incident.close", "{\"id\":\"%s\"}", id);
  stage_is(last);
}

static void a_report_from_the_first_word_to_the_rating(void **state) {
  resident_reports("");
  assert_int_equal(fq_json_int(incident(id), "number", 0), number);
  assert_string_equal(fq_json_str(w.result, "title"), "后山冒烟");
  assert_string_equal(fq_json_str(w.result, "source"), "public");
  assert_string_equal(fq_json_str(w.result, "org"), GRID_A1);
  stage_is("received");
  refused("public", "public.rate", FQ_E_CONFLICT, "public.not_closed", "{\"code\":\"%s\",\"score\":5}", code);
  life("closed");
  act("director-a", "public.reply", "{\"id\":\"%s\",\"text\":\"火已扑灭\"}", id);
  const fq_json *f = follow();
  static const char *const steps[] = {"received", "accepted", "sent",   "working", "arrived",
                                      "handled",  "verified", "closed", "replied"};
  size_t x = 0;
  fq_json_each(s, fq_json_get(f, "steps")) assert_string_equal(fq_json_str(s, "stage"), steps[x++]);
  assert_int_equal(x, sizeof steps / sizeof *steps);
  assert_true(says(f, "火已扑灭"));
  assert_false(says(f, "officer") || says(f, "欧阳") || says(f, "13812349876") || says(f, id));
  act("public", "public.rate", "{\"code\":\"%s\",\"score\":4,\"text\":\"来得快\"}", code);
  assert_int_equal(
      fq_json_int(incident(id), "rating", 0) + fq_json_int(fq_json_get(w.result, "rating"), "score", 0), 4);
  refused("public", "public.rate", FQ_E_CONFLICT, "public.rated", "{\"code\":\"%s\",\"score\":1}", code);
  rebuild_gives_the_same();
  restart();
  stage_is("closed");
}

static void who_it_was_is_sealed_masked_and_opened_with_a_reason(void **state) {
  resident_reports("");
  const char *data = entry("public.reported", "data");
  assert_null(strstr(data, "欧阳不宜"));
  assert_null(strstr(data, "13812349876"));
  assert_int_equal(fq_int(fq_kernel_db(w.kernel), 0,
                          "SELECT count(*) FROM journal WHERE data LIKE '%13812349876%' OR data LIKE "
                          "'%欧阳不宜%' OR receipt LIKE '%13812349876%'",
                          ""),
                   0);
  assert_false(says(incident(id), "9876"));
  act("director-a", "public.get", "{\"id\":\"%s\"}", id);
  assert_string_equal(fq_json_str(w.result, "name"), "欧*");
  assert_string_equal(fq_json_str(w.result, "phone"), "138****9876");
  refused("director-b", "public.get", FQ_E_NOT_FOUND, "public.none", "{\"id\":\"%s\"}", id);
  refused("director-b", "public.reveal", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\",\"reason\":\"好奇\"}", id);
  refused("director-b", "public.reply", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\",\"text\":\"好\"}", id);
  refused("officer-a1", "public.reveal", FQ_E_FORBIDDEN, "role", "{\"id\":\"%s\",\"reason\":\"联系\"}", id);
  refused("director-a", "public.reveal", FQ_E_PARAMS, "params.missing", "{\"id\":\"%s\"}", id);
  act("director-a", "public.reveal", "{\"id\":\"%s\",\"reason\":\"需要问清位置\"}", id);
  assert_string_equal(fq_json_str(w.result, "name"), "欧阳不宜");
  assert_string_equal(fq_json_str(w.result, "phone"), "13812349876");
  assert_non_null(strstr(entry("public.revealed", "data"), "需要问清位置"));
  assert_null(strstr(entry("public.revealed", "data"), "9876"));
  assert_string_equal(entry("public.revealed", "actor"), "director-a");
  char other[FQ_ID_MAX];
  keep(other, report("dispatcher", GRID_A1, "fire"));
  refused("director-a", "public.get", FQ_E_NOT_FOUND, "public.none", "{\"id\":\"%s\"}", other);
  rebuild_gives_the_same();
}

static void guessing_is_locked(void **state) {
  char params[80];
  resident_reports("");
  for (int i = 0; i < 5; i++) {
    snprintf(params, sizeof params, "{\"number\":%lld,\"tail\":\"000%d\"}", (long long)number, i);
    assert_int_equal(from("10.0.0.1", "public.follow", params), FQ_E_NOT_FOUND);
    assert_string_equal(w.error.code, "public.unknown");
    assert_true(*w.error.zh && *w.error.en);
  }
  /* The right one, from anywhere: that number is locked for a while; the code is not guessed and still works.
   */
  snprintf(params, sizeof params, "{\"number\":%lld,\"tail\":\"9876\"}", (long long)number);
  assert_int_equal(from("10.0.0.2", "public.follow", params), FQ_E_OVERLOADED);
  assert_string_equal(w.error.code, "public.locked");
  assert_true(w.error.retry_after_ms > 0 && w.error.retry_after_ms <= 5 * MINUTE);
  char by_code[64];
  snprintf(by_code, sizeof by_code, "{\"code\":\"%.4s-%.4s-%.4s\"}", code, code + 4, code + 8);
  assert_int_equal(from("10.0.0.2", "public.follow", by_code), FQ_OK);
  at(6 * MINUTE);
  assert_int_equal(from("10.0.0.2", "public.follow", params), FQ_OK);

  /* Number after number from one address, there or not: the address is locked, another's is not. */
  for (int i = 0; i < 20; i++) {
    snprintf(params, sizeof params, "{\"number\":%d,\"tail\":\"1111\"}", 1000 + i);
    from("2001:db8:1:2::5", "public.follow", params);
  }
  assert_int_equal(from("2001:db8:1:2::77", "public.follow", by_code), FQ_E_OVERLOADED);
  assert_int_equal(from("2001:db8:1:3::77", "public.follow", by_code), FQ_OK);
}

static void too_often_is_told(void **state) {
  static const char *const one = "{\"category\":\"fire\",\"text\":\"路灯不亮\"}";
  for (int i = 0; i < 30; i++)
    assert_int_equal(from("10.1.1.1", "public.report", one), FQ_OK);
  assert_int_equal(from("10.1.1.1", "public.report", one), FQ_E_OVERLOADED);
  assert_string_equal(w.error.code, "public.often");
  assert_true(w.error.retry_after_ms > 0);
  assert_int_equal(from("10.1.1.2", "public.report", one), FQ_OK);
  at(HOUR + MINUTE);
  assert_int_equal(from("10.1.1.1", "public.report", one), FQ_OK);
  for (int i = 0; i < 10; i++)
    resident_reports(",\"again\":true");
  refused("public", "public.report", FQ_E_OVERLOADED, "public.phone_often",
          "{\"category\":\"fire\",\"text\":\"x\",\"phone\":\"13812349876\"}");
}

/* What is refused counts as well, five times as many. */
static void trying_again_and_again_is_told(void **state) {
  static const char *const bad = "{\"category\":\"fire\",\"text\":\"x\",\"phone\":\"110\"}";
  static const char *const good = "{\"category\":\"fire\",\"text\":\"路灯不亮\"}";
  for (int i = 0; i < 150; i++)
    assert_int_equal(from("10.1.2.1", "public.report", bad), FQ_E_PARAMS);
  assert_int_equal(from("10.1.2.1", "public.report", good), FQ_E_OVERLOADED);
  assert_string_equal(w.error.code, "public.often");
  assert_int_equal(from("10.1.2.2", "public.report", good), FQ_OK);
  at(HOUR + MINUTE);
  assert_int_equal(from("10.1.2.1", "public.report", good), FQ_OK);
}

static void told_before(void **state) {
  static const char *const same = "{\"category\":\"fire\",\"text\":\"还在冒烟\",\"phone\":\"13812349876\","
                                  "\"place\":{\"lon\":110.5001,\"lat\":27.1}}";
  resident_reports("");
  refused("public", "public.report", FQ_E_CONFLICT, "public.again", "%s", same);
  char digits[24];
  snprintf(digits, sizeof digits, " %lld", (long long)number);
  assert_null(strstr(w.error.zh, digits));
  act("public", "public.report",
      "{\"category\":\"fire\",\"text\":\"对面山上\",\"phone\":\"13812349876\",\"place\":{\"lon\":110.6,"
      "\"lat\":27.1}}");
  act("public", "public.report", "{\"category\":\"fire\",\"text\":\"x\",\"phone\":\"13900000000\"}");
  life("closed");
  act("public", "public.report", "%s", same);
}

static void what_is_refused(void **state) {
  refused("public", "public.report", FQ_E_PARAMS, "public.empty", "{\"category\":\"fire\"}");
  refused("public", "public.report", FQ_E_PARAMS, "public.phone",
          "{\"category\":\"fire\",\"text\":\"x\",\"phone\":\"110\"}");
  refused("public", "public.report", FQ_E_PARAMS, "public.phone",
          "{\"category\":\"fire\",\"text\":\"x\",\"phone\":\"张三\"}");
  refused("public", "public.report", FQ_E_CONFLICT, "public.photo",
          "{\"category\":\"fire\",\"attachments\":["
          "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"]}");
  refused("public", "public.follow", FQ_E_PARAMS, "public.which", "{\"number\":1}");
  refused("public", "public.follow", FQ_E_NOT_FOUND, "public.unknown", "{\"code\":\"AAAABBBBCCCC\"}");
  refused(
      "public", "public.ticket", FQ_E_TOO_LARGE, "public.photo_large",
      "{\"size\":9000000,\"sha256\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}");
  refused("public", "public.ticket", FQ_E_PARAMS, "blob.name",
          "{\"size\":9,\"sha256\":\"0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef\"}");
  refused("public", "incident.rate", FQ_E_FORBIDDEN, "role", "{\"id\":\"i1\",\"score\":5}");
  refused("admin", "user.add", FQ_E_PARAMS, "user.reserved",
          "{\"name\":\"public\",\"org\":\"430525\",\"roles\":[\"officer\"]}");
  assert_int_equal(entries("public.reported"), 0);
}

/* Nothing but this picture, of this size, for an hour. */
static void a_ticket_is_for_one_picture(void **state) {
  static const char *const sha = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  static const char *const other = "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  char ticket[64];
  act("public", "public.ticket", "{\"sha256\":\"%s\",\"size\":1000}", sha);
  snprintf(ticket, sizeof ticket, "%s", fq_json_str(w.result, "ticket"));
  struct fq_actor actor;
  assert_true(fq_blob_may_write(w.kernel, ticket, sha, 1000));
  assert_false(fq_blob_may_write(w.kernel, ticket, sha, 1001));
  assert_false(fq_blob_may_write(w.kernel, ticket, other, 1000));
  assert_false(fq_token_actor(w.kernel, ticket, &actor));
  at(HOUR + SECOND);
  assert_false(fq_blob_may_write(w.kernel, ticket, sha, 1000));
}

/* ---- pictures: as the wire does it, the bytes first ---- */

static void blob_path(const char *sha, char out[160]) {
  snprintf(out, 160, "%s/blobs/%.2s/%s", w.dir, sha, sha);
}
static bool stored(const char *sha) {
  char path[160];
  blob_path(sha, path);
  bool row = fq_int(fq_kernel_db(w.kernel), 0, "SELECT count(*) FROM blob WHERE sha256 = ?", "s", sha) > 0;
  assert_int_equal(row, access(path, R_OK) == 0);
  return row;
}

static enum fq_status upload(const char *token, const char *bytes, char sha[FQ_SHA256_HEX]) {
  char path[160], from[160], params[100];
  snprintf(from, sizeof from, "%s/upload", w.dir);
  FILE *f = fopen(from, "w");
  assert_non_null(f);
  fputs(bytes, f);
  fclose(f);
  assert_true(fq_sha256_file(from, sha));
  snprintf(path, sizeof path, "%s/blobs/tmp/%s.part", w.dir, sha);
  assert_int_equal(rename(from, path), 0);
  struct fq_request r = {.reply = done, .method = "blob.commit"};
  if (token)
    snprintf(r.token, sizeof r.token, "%s", token);
  else
    fq_blob_ticket(w.kernel, sha, (int64_t)strlen(bytes), fq_now_ms(w.kernel) + HOUR, r.token);
  snprintf(params, sizeof params, "{\"sha256\":\"%s\"}", sha);
  r.params = fq_json_parse(params, strlen(params), NULL);
  answered = false;
  fq_submit(w.kernel, &r);
  fq_loop_step(fq_kernel_loop(w.kernel)); /* the helper's work is done at once here */
  if (!answered) try("officer-a2", "duty.start", "{}");
  assert_true(answered);
  w.error = r.error;
  fq_json_free(r.result);
  fq_json_free(r.params);
  free(r.result_text);
  if (r.error.status == FQ_OK) unlink(path); /* what was there already was not taken again */
  return r.error.status;
}

static void discard_blob(const char *sha) {
  char path[160];
  blob_path(sha, path);
  unlink(path);
  *strrchr(path, '/') = '\0';
  rmdir(path);
}

/* An hour for a report to refer to it; whoever has an account may take his time. */
static void a_photo_that_no_report_refers_to_lapses(void **state) {
  char left[FQ_SHA256_HEX], used[FQ_SHA256_HEX], desks[FQ_SHA256_HEX], again[FQ_SHA256_HEX], more[120];
  const char *token = fq_json_str(act("system", "user.token", "{\"name\":\"dispatcher\"}"), "token");
  char desk[96];
  snprintf(desk, sizeof desk, "%s", token);
  assert_int_equal(upload(NULL, "\xff\xd8\xff left", left), FQ_OK);
  assert_int_equal(upload(NULL, "\xff\xd8\xff used", used), FQ_OK);
  assert_int_equal(upload(NULL, "\xff\xd8\xff the desk's", desks), FQ_OK);
  assert_int_equal(upload(desk, "\xff\xd8\xff the desk's", desks), FQ_OK);
  snprintf(more, sizeof more, ",\"attachments\":[\"%s\"]", used);
  resident_reports(more);
  at(HOUR - MINUTE);
  assert_true(stored(left));
  restart();
  at(HOUR + MINUTE);
  fq_loop_step(fq_kernel_loop(w.kernel));
  assert_false(stored(left));
  assert_true(stored(used) && stored(desks));
  assert_int_equal(entries("blob.lapsed"), 1);
  refused("public", "public.report", FQ_E_CONFLICT, "public.photo",
          "{\"category\":\"fire\",\"attachments\":[\"%s\"]}", left);

  /* The same once more: not while its file may still be going. */
  assert_int_equal(upload(NULL, "\xff\xd8\xff left", again), FQ_E_CONFLICT);
  assert_string_equal(w.error.code, "blob.gone");
  discard_blob(left);
  at(HOUR + 3 * MINUTE);
  assert_int_equal(upload(NULL, "\xff\xd8\xff left", again), FQ_OK);
  assert_true(stored(again));
  rebuild_gives_the_same();
  discard_blob(left);
  discard_blob(used);
  discard_blob(desks);
}

static void what_is_no_picture_is_not_kept(void **state) {
  char sha[FQ_SHA256_HEX], path[160];
  assert_int_equal(upload(NULL, "<html>no picture</html>", sha), FQ_E_PARAMS);
  assert_string_equal(w.error.code, "blob.picture");
  blob_path(sha, path);
  assert_int_equal(access(path, F_OK), -1);
  snprintf(path, sizeof path, "%s/blobs/tmp/%s.part", w.dir, sha);
  assert_int_equal(access(path, F_OK), -1);
  assert_int_equal(entries("blob.stored"), 0);
}

/* The form of the category, or one for any. */
static void the_form_of_a_category_is_asked(void **state) {
  act("admin", "dictionary.set",
      "{\"name\":\"categories\",\"code\":\"fire\",\"zh\":\"火情\",\"en\":\"Fire\"}");
  act("admin", "dictionary.set",
      "{\"name\":\"categories\",\"code\":\"noise\",\"zh\":\"噪声\",\"en\":\"Noise\"}");
  act("admin", "form.set",
      "{\"form\":{\"id\":\"burning\",\"category\":\"fire\",\"zh\":\"火情\",\"en\":\"Fire\",\"fields\":["
      "{\"id\":\"spreading\",\"kind\":\"tick\",\"zh\":\"正在蔓延\",\"en\":\"Spreading\"},"
      "{\"id\":\"near\",\"kind\":\"tick\",\"zh\":\"靠近民房\",\"en\":\"Near homes\",\"required\":true}]}}");
  const fq_json *rows = fq_json_get(act("public", "public.categories", "{}"), "rows"),
                *first = fq_json_first(rows);
  const fq_json *form = fq_json_get(first, "form");
  assert_string_equal(fq_json_str(form, "id"), "burning");
  assert_int_equal(fq_json_int(form, "version", 0), 1);
  assert_int_equal(fq_json_size(fq_json_get(form, "fields")), 2);
  assert_null(fq_json_get(fq_json_next(first), "form"));
  refused(
      "public", "public.report", FQ_E_PARAMS, "form.value",
      "{\"category\":\"fire\",\"form\":{\"id\":\"burning\",\"version\":1,\"values\":{\"spreading\":true}}}");
  assert_string_equal(w.error.path, "params.form.values.near");
  resident_reports(",\"form\":{\"id\":\"burning\",\"version\":1,\"values\":{\"near\":true}}");
  assert_true(says(fq_json_get(incident(id), "form"), "near"));
}

static void merged_it_shows_the_other_and_nothing_of_it(void **state) {
  char first[FQ_ID_MAX], own[FQ_ID_MAX];
  act("officer-a2", "incident.report", "{\"category\":\"fire\",\"title\":\"砖厂机密失火\",\"grid\":\"%s\"}",
      GRID_A1);
  keep(first, fq_json_str(w.result, "id"));
  resident_reports("");
  keep(own, id);
  act("dispatcher", "incident.merge", "{\"id\":\"%s\",\"into\":\"%s\"}", own, first);
  const fq_json *f = follow();
  assert_true(fq_json_bool(f, "together", false));
  assert_string_equal(fq_json_str(f, "stage"), "received");
  assert_false(says(f, "机密") || says(f, first));
  keep(id, first);
  life("closed");
  act("public", "public.rate", "{\"code\":\"%s\",\"score\":5}", code);
  assert_false(says(incident(first), "\"rating\""));
  rebuild_gives_the_same();
}

static void split_again_it_is_its_own(void **state) {
  char first[FQ_ID_MAX];
  keep(first, report("officer-a2", GRID_A1, "fire"));
  resident_reports("");
  act("dispatcher", "incident.accept", "{\"id\":\"%s\"}", first);
  act("dispatcher", "incident.merge", "{\"id\":\"%s\",\"into\":\"%s\"}", id, first);
  stage_is("accepted");
  act("dispatcher", "incident.split", "{\"id\":\"%s\",\"reason\":\"两处\"}", id);
  stage_is("received");
  act("dispatcher", "incident.void", "{\"id\":\"%s\",\"reason\":\"误报\"}", id);
  stage_is("refused");
  rebuild_gives_the_same();
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, open_world, world_close)
  const struct CMUnitTest tests[] = {
      T(a_report_from_the_first_word_to_the_rating),
      T(who_it_was_is_sealed_masked_and_opened_with_a_reason),
      T(guessing_is_locked),
      T(too_often_is_told),
      T(told_before),
      T(what_is_refused),
      T(trying_again_and_again_is_told),
      T(a_ticket_is_for_one_picture),
      T(a_photo_that_no_report_refers_to_lapses),
      T(what_is_no_picture_is_not_kept),
      T(the_form_of_a_category_is_asked),
      T(merged_it_shows_the_other_and_nothing_of_it),
      T(split_again_it_is_its_own),
  };
  return cmocka_run_group_tests_name("public", tests, NULL, NULL);
}
