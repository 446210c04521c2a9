/* Search: Chinese words, every filter, who may find what, hostile input, saved filters, the index after a
 * rebuild. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch_world.h"
#include "search/bigrams.h"
#include "store/compare.h"
#include "store/db.h"

/* ---- words ------------------------------------------------------------------------------------------ */

static const char *tokens(const char *text, bool ends) {
  static char out[1024];
  static uint32_t points[DP_POINTS_MAX];
  struct dp_tokens t = {.points = points, .count = dp_fold(text, points, DP_POINTS_MAX), .ends = ends};
  *out = '\0';
  while (dp_token_next(&t))
    snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s", *out ? " " : "", t.text);
  return out;
}

static void text_in_tokens(void **state) {
  assert_string_equal(tokens("污水横流", true), "污水 水横 横流 流");
  assert_string_equal(tokens("污水横流", false), "污水 水横 横流");
  assert_string_equal(tokens("污", false), "污");
  assert_string_equal(tokens("3号楼,湘E12345!", true), "3 号楼 楼 湘 e12345");
  assert_string_equal(tokens("ＡＢＣ１２３　Fire", false), "abc123 fire"); /* full width */
  assert_string_equal(tokens("", true), "");
  assert_string_equal(tokens("!?。,", true), "");
  assert_string_equal(tokens("\xE6\xB1", true), "");                  /* cut in the middle of a character */
  assert_string_equal(tokens("\xFF\xFE水\xC0\x80沟", true), "水 沟"); /* no UTF-8 */
  assert_string_equal(tokens("𠮷野家", false), "𠮷野 野家");
  char many[20000];
  memset(many, 'x', sizeof many);
  many[sizeof many - 1] = '\0';
  assert_int_equal(strlen(tokens(many, true)), 40);
}

static double likeness(const char *a, const char *b) {
  struct dp_bag x, y;
  dp_bag_of(a, NULL, &x);
  dp_bag_of(b, NULL, &y);
  return dp_bag_likeness(&x, &y);
}

static void how_like(void **state) {
  assert_true(likeness("后山起火", "后山起火") == 1);
  assert_true(likeness("后山起火", "夫妻吵架") == 0);
  assert_true(likeness("后山起火了", "后山冒烟起火") > 0.4);
  assert_true(likeness("", "") == 0);
  assert_true(likeness("ABC １２", "abc 12") == 1);
}

/* ---- asking ------------------------------------------------------------------------------------------ */

/* The numbers of the incidents found, in their order: "3 1". */
static const char *found(const char *who, const char *params) {
  static char out[512];
  act(who, "incident.search", "%s", params);
  *out = '\0';
  fq_json_each(r, fq_json_get(w.result, "rows"))
      snprintf(out + strlen(out), sizeof out - strlen(out), "%s%lld", *out ? " " : "",
               (long long)fq_json_int(r, "number", 0));
  return out;
}

static const char *by_text(const char *text) {
  char params[512];
  snprintf(params, sizeof params, "{\"text\":\"%s\"}", text);
  return found("dispatcher", params);
}

static char ids[8][FQ_ID_MAX]; /* of the county below, by number */

/* 1 a1: 污水, closed   2 b1 in B: 污水, level 1   3 a2: dispute, comment names 李家湾, due clock   4 a1: fire
 * with a task */
static void county(void) {
  static const char *const reports[][2] = {
      {"officer-a1",
       "{\"category\":\"sanitation\",\"title\":\"污水横流\",\"text\":\"下水道堵了,ＡＢ-12 号井\",\"place\":{"
       "\"lon\":110.501,\"lat\":27.101},\"address\":\"甲村3组\"}"},
      {"officer-b1",
       "{\"category\":\"sanitation\",\"level\":1,\"title\":\"河里有污水\",\"place\":{\"lon\":110.701,"
       "\"lat\":27.001}}"},
      {"officer-a2", "{\"category\":\"dispute\",\"title\":\"邻里纠纷\",\"source\":\"web\"}"},
      {"officer-a1",
       "{\"category\":\"fire\",\"title\":\"Fire 山火\",\"place\":{\"lon\":110.52,\"lat\":27.1}}"}};
  for (int k = 0; k < 4; k++) {
    at((k + 1) * HOUR);
    act(reports[k][0], "incident.report", "%s", reports[k][1]);
    snprintf(ids[k + 1], FQ_ID_MAX, "%s", fq_json_str(w.result, "id"));
  }
  char t[FQ_ID_MAX];
  snprintf(t, sizeof t, "%s", task_for(ids[1], "officer-a3"));
  finish_task("officer-a3", t);
  act("dispatcher", "incident.verify", "{\"id\":\"%s\",\"pass\":true}", ids[1]);
  act("dispatcher", "incident.close", "{\"id\":\"%s\"}", ids[1]);
  act("officer-a2", "incident.comment", "{\"id\":\"%s\",\"text\":\"双方都在李家湾\"}", ids[3]);
  act("policy/p", "clock.start",
      "{\"incident\":\"%s\",\"name\":\"c\",\"from\":\"reported\",\"to\":\"handled\",\"limit_ms\":36000000,"
      "\"warn\":[0.5]}",
      ids[3]);
  act("dispatcher", "incident.supervise", "{\"id\":\"%s\",\"card\":\"red\",\"note\":\"限期办结\"}", ids[4]);
  task_for(ids[4], "officer-a2");
}

/* The same questions while all is new, when all is indexed, and when it was rebuilt. */
static void questions(void) {
  assert_string_equal(by_text("污水"), "2 1");
  assert_string_equal(by_text("污水横流"), "1");
  assert_string_equal(by_text("水"), "2 1"); /* one character: any word with it */
  assert_string_equal(by_text("流"), "1");   /* ... the last of its run, too */
  assert_string_equal(by_text("横污"), "");
  assert_string_equal(by_text("污水 下水道"), "1");
  assert_string_equal(by_text("污水 山火"), "");
  assert_string_equal(by_text("ab-12"), "1"); /* width and case do not count, the rest does */
  assert_string_equal(by_text("ab 12"), "1");
  assert_string_equal(by_text("ab12"), "");
  assert_string_equal(by_text("FIRE"), "4");
  assert_string_equal(by_text("fir"), "4"); /* the beginning of a word */
  assert_string_equal(by_text("ire"), "");
  assert_string_equal(by_text("甲村3组"), "1");
  assert_string_equal(by_text("李家湾"), "3");
  const fq_json *m = fq_json_get(fq_json_first(fq_json_get(w.result, "rows")), "match");
  assert_string_equal(fq_json_str(m, "in"), "comment");
  assert_string_equal(fq_json_str(m, "snippet"), "双方都在李家湾");
  assert_int_equal(fq_json_int(m, "at", -1), 4);
  assert_int_equal(fq_json_int(m, "length", -1), 3);
  assert_string_equal(by_text("已处理"), "1"); /* feedback */
  assert_string_equal(by_text("限期"), "4");   /* what a card asks */
  assert_string_equal(by_text("村三"), "");    /* never over the edge between title, text and address */

  assert_string_equal(found("dispatcher", "{}"), "4 3 2 1");
  assert_string_equal(found("dispatcher", "{\"sort\":\"oldest\"}"), "1 2 3 4");
  assert_string_equal(found("dispatcher", "{\"number\":3}"), "3");
  assert_string_equal(found("dispatcher", "{\"number\":9}"), "");
  assert_string_equal(found("dispatcher", "{\"number\":3,\"open\":false,\"category\":[\"fire\"]}"), "");
  assert_string_equal(found("dispatcher", "{\"person\":\"officer-a1\"}"), "4 1");
  assert_string_equal(found("dispatcher", "{\"person\":\"officer-a3\"}"), "1"); /* whose task it was */
  assert_string_equal(found("dispatcher", "{\"person\":\"officer-a2\"}"), "4 3");
  assert_string_equal(found("dispatcher", "{\"person\":\"没有这人\"}"), "");
  assert_string_equal(found("dispatcher", "{\"org\":\"430525101000\"}"), "2");
  assert_string_equal(found("dispatcher", "{\"org\":\"430525100201\"}"), "4 3 1");
  assert_string_equal(found("dispatcher", "{\"org\":\"" GRID_A2 "\"}"), "4 3");
  assert_string_equal(found("dispatcher", "{\"org\":\"" GRID_A2 "\",\"text\":\"纠纷\"}"), "3");
  assert_string_equal(found("dispatcher", "{\"org\":\"430525101000\",\"text\":\"污水\"}"), "2");
  assert_string_equal(found("dispatcher", "{\"org\":\"430525\",\"text\":\"污水\"}"), "2 1");
  assert_string_equal(found("dispatcher", "{\"open\":true}"), "4 3 2");
  assert_string_equal(found("dispatcher", "{\"state\":[\"closed\"]}"), "1");
  assert_string_equal(found("dispatcher", "{\"state\":[\"closed\",\"dispatched\"]}"), "4 1");
  assert_string_equal(found("dispatcher", "{\"state\":[\"reported\"],\"org\":\"430525100000\"}"), "3");
  assert_string_equal(found("dispatcher", "{\"category\":[\"sanitation\"]}"), "2 1");
  assert_string_equal(found("dispatcher", "{\"category\":[\"sanitation\",\"fire\"]}"), "4 2 1");
  assert_string_equal(found("dispatcher", "{\"category\":[\"sanitation\"],\"level\":1}"), "2");
  assert_string_equal(found("dispatcher", "{\"level\":1}"), "2");
  assert_string_equal(found("dispatcher", "{\"card\":\"red\"}"), "4");
  assert_string_equal(found("dispatcher", "{\"card\":\"black\"}"), "");
  assert_string_equal(found("dispatcher", "{\"source\":\"web\"}"), "3");
  assert_string_equal(found("dispatcher", "{\"clock\":\"running\"}"), "3");
  assert_string_equal(found("dispatcher", "{\"clock\":\"breached\"}"), "");
  assert_string_equal(found("dispatcher", "{\"place\":{\"lon\":110.501,\"lat\":27.101},\"within_m\":100}"),
                      "1");
  assert_string_equal(found("dispatcher", "{\"place\":{\"lon\":110.501,\"lat\":27.101},\"within_m\":3000}"),
                      "4 1");
  assert_string_equal(found("dispatcher", "{\"place\":{\"lon\":110.501,\"lat\":27.101},\"within_m\":50000}"),
                      "4 2 1");
  assert_string_equal(found("dispatcher", "{\"bbox\":[110.69,26.99,110.71,27.01]}"), "2");
  assert_string_equal(found("dispatcher", "{\"bbox\":[110,26,112,28]}"), "4 2 1"); /* 3 has no place */
  assert_string_equal(found("dispatcher", "{\"bbox\":[110,26,112,28],\"text\":\"污水\"}"), "2 1");
  assert_string_equal(found("dispatcher", "{\"from\":\"2026-11-22T02:00:00Z\"}"), "4 3 2");
  assert_string_equal(found("dispatcher", "{\"from\":\"2026-11-22T02:00:00.001Z\"}"), "4 3");
  assert_string_equal(found("dispatcher", "{\"until\":\"2026-11-22T02:00:00Z\"}"), "2 1");
  assert_string_equal(
      found("dispatcher",
            "{\"text\":\"污水\",\"from\":\"2026-11-22T01:30:00Z\",\"until\":\"2026-11-22T03:00:00Z\"}"),
      "2");
  assert_string_equal(found("dispatcher", "{\"from\":\"2027-01-01T00:00:00Z\"}"), "");
}

static int64_t waiting(void) {
  return fq_int(fq_kernel_db(w.kernel), 0, "SELECT count(*) FROM search_new", "");
}

static void everything_is_found(void **state) {
  county();
  assert_true(waiting() > 0);
  questions(); /* the newest is found before it is indexed */
  at(4 * HOUR + MINUTE);
  assert_int_equal(waiting(), 0);
  assert_true(entries("search.indexed") >= 4);
  questions();
  act("officer-a1", "incident.report", "{\"category\":\"flood\",\"title\":\"河水上涨\"}");
  assert_string_equal(by_text("河"), "5 2"); /* one new, one indexed */
}

static void clocks_by_state(void **state) {
  county();
  at(3 * HOUR + 5 * HOUR + MINUTE);
  assert_string_equal(found("dispatcher", "{\"clock\":\"due_soon\"}"), "3");
  assert_string_equal(found("dispatcher", "{\"clock\":\"running\"}"), "");
  at(14 * HOUR);
  assert_string_equal(found("dispatcher", "{\"clock\":\"overdue\"}"), "3");
  assert_string_equal(found("dispatcher", "{\"clock\":\"breached\"}"), "3");
  char t[FQ_ID_MAX];
  snprintf(t, sizeof t, "%s", task_for(ids[3], "officer-a2"));
  finish_task("officer-a2", t);
  assert_string_equal(found("dispatcher", "{\"clock\":\"overdue\"}"), "");   /* answered */
  assert_string_equal(found("dispatcher", "{\"clock\":\"breached\"}"), "3"); /* late all the same */
}

/* ---- rights ------------------------------------------------------------------------------------------- */

static void who_finds_what(void **state) {
  county();
  for (int indexed = 0; indexed < 2; indexed++) {
    assert_string_equal(found("director-a", "{}"), "4 3 1");
    assert_string_equal(found("director-b", "{}"), "2");
    assert_string_equal(found("director-b", "{\"text\":\"污水\"}"), "2");
    assert_string_equal(found("director-b", "{\"number\":1}"), ""); /* as if it were not there */
    assert_string_equal(found("director-b", "{\"person\":\"officer-a1\"}"), "");
    assert_string_equal(found("director-b", "{\"bbox\":[110,26,112,28]}"), "2");
    refused("director-b", "incident.search", FQ_E_FORBIDDEN, "org.foreign", "{\"org\":\"430525100000\"}");
    refused("dispatcher", "incident.search", FQ_E_PARAMS, "org.unknown", "{\"org\":\"nowhere\"}");
    assert_string_equal(found("officer-a1", "{}"), "4 1");
    assert_string_equal(found("officer-a1", "{\"text\":\"污水\"}"), "1");
    assert_string_equal(found("officer-a1", "{\"number\":2}"), "");
    assert_string_equal(found("officer-a2", "{}"), "4 3"); /* reported, and sent to */
    assert_string_equal(found("officer-a2", "{\"text\":\"纠纷\"}"), "3");
    assert_string_equal(found("officer-a2", "{\"text\":\"李家\"}"), "3");
    assert_string_equal(found("officer-a3", "{\"state\":[\"closed\"]}"), "1");
    assert_string_equal(found("officer-b1", "{\"person\":\"officer-a1\"}"), "");
    assert_string_equal(found("department-01", "{}"), "");
    at(4 * HOUR + MINUTE);
  }
  act("dispatcher", "incident.dispatch", "{\"id\":\"%s\",\"to\":[{\"unit\":\"430525-D01\"}]}", ids[2]);
  assert_string_equal(found("department-01", "{}"), "2");
  at(5 * HOUR);
  assert_string_equal(found("department-01", "{\"text\":\"河里\"}"), "2");
  refused("policy/p", "incident.search", FQ_E_FORBIDDEN, "role", "{}");
}

/* ---- hostile input ------------------------------------------------------------------------------------- */

static void text_is_data(void **state) {
  static const char *const nasty[] = {"\\\"",
                                      "\\\" OR \\\"污水",
                                      "* NEAR(污水",
                                      "words:污水 AND NOT",
                                      "'; DROP TABLE incident; --",
                                      "u:officer-a1",
                                      "o:430525100000",
                                      "^ + - ( ) { } : . %%",
                                      "\\u0001\\u0002",
                                      "-1",
                                      "AND OR NOT",
                                      "%",
                                      "_"};
  county();
  at(4 * HOUR + MINUTE);
  for (size_t k = 0; k < sizeof nasty / sizeof *nasty; k++)
    assert_string_equal(by_text(nasty[k]), "");
  assert_string_equal(by_text("污水*"), "2 1"); /* its punctuation is punctuation */
  assert_string_equal(by_text("\\\"污水\\\""), "2 1");
  assert_string_equal(found("dispatcher", "{\"person\":\"%\"}"), "");
  assert_string_equal(found("dispatcher", "{\"person\":\"' OR 1=1 --\"}"), "");
  refused("dispatcher", "incident.search", FQ_E_PARAMS, "bbox.order", "{\"bbox\":[112,26,110,28]}");
  refused("dispatcher", "incident.search", FQ_E_NOT_FOUND, "incident.unknown", "{\"after\":\"x\"}");
  assert_int_equal(try("dispatcher", "incident.search", "{\"texts\":\"污水\"}"), FQ_E_PARAMS);
  assert_int_equal(try("dispatcher", "incident.search", "{\"text\":\"\"}"), FQ_E_PARAMS);
  char params[700] = "{\"text\":\"";
  for (int k = 0; k < 50; k++)
    strcat(params, k % 2 ? "水 " : "污 ");
  strcat(params, "\"}");
  assert_string_equal(found("dispatcher", params), "2 1"); /* fifty words are no more than two */
}

/* ---- pages --------------------------------------------------------------------------------------------- */

static void pages(void **state) {
  for (int k = 0; k < 30; k++) {
    act("officer-a1", "incident.report", "{\"category\":\"fire\",\"title\":\"第%d次山火\"}", k);
    if (k == 15) at(MINUTE); /* half indexed, half new */
  }
  for (int oldest = 0; oldest < 2; oldest++) {
    char seen[31] = "", params[200], next[FQ_ID_MAX] = "";
    int64_t last = oldest ? 0 : 31;
    int count = 0;
    for (int page = 0; page < 5; page++) {
      snprintf(params, sizeof params, "{\"text\":\"山火\",\"limit\":7,\"sort\":\"%s\"%s%s%s}",
               oldest ? "oldest" : "newest", *next ? ",\"after\":\"" : "", next, *next ? "\"" : "");
      act("dispatcher", "incident.search", "%s", params);
      fq_json_each(r, fq_json_get(w.result, "rows")) {
        int64_t number = fq_json_int(r, "number", 0);
        assert_true(oldest ? number > last : number < last);
        assert_int_equal(seen[number], 0);
        seen[number] = 1;
        last = number;
        count++;
      }
      const char *more = fq_json_str(w.result, "next");
      if (!more) break;
      snprintf(next, sizeof next, "%s", more);
    }
    assert_int_equal(count, 30);
  }
}

/* ---- filters ------------------------------------------------------------------------------------------- */

static void filters(void **state) {
  county();
  act("director-a", "filter.save", "{\"name\":\"我的污水\",\"query\":{\"text\":\"污水\",\"open\":false}}");
  assert_string_equal(found("director-a", "{\"filter\":\"我的污水\"}"), "1");
  assert_string_equal(entry("filter.saved", "audience"), "user/director-a");
  refused("director-b", "incident.search", FQ_E_NOT_FOUND, "filter.unknown", "{\"filter\":\"我的污水\"}");
  refused("dispatcher", "incident.search", FQ_E_NOT_FOUND, "filter.unknown", "{\"filter\":\"我的污水\"}");
  /* saved anew under its name; what is given beside it goes before */
  act("director-a", "filter.save", "{\"name\":\"我的污水\",\"query\":{\"category\":[\"fire\"]}}");
  assert_string_equal(found("director-a", "{\"filter\":\"我的污水\"}"), "4");
  assert_string_equal(found("director-a", "{\"filter\":\"我的污水\",\"category\":[\"dispute\"]}"), "3");
  /* shared: those of the same unit have it, with their own rights */
  act("commander", "filter.save", "{\"name\":\"值班\",\"query\":{\"text\":\"污水\"},\"shared\":true}");
  assert_string_equal(entry("filter.saved", "audience"), "user/commander unit/430525");
  assert_string_equal(found("dispatcher", "{\"filter\":\"值班\"}"), "2 1");
  refused("director-a", "incident.search", FQ_E_NOT_FOUND, "filter.unknown", "{\"filter\":\"值班\"}");
  act("dispatcher", "filter.list", "{}");
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 1);
  assert_string_equal(fq_json_str(fq_json_first(fq_json_get(w.result, "rows")), "by"), "commander");
  refused("dispatcher", "filter.remove", FQ_E_NOT_FOUND, "filter.unknown", "{\"name\":\"值班\"}");
  act("commander", "filter.remove", "{\"name\":\"值班\"}");
  assert_string_equal(entry("filter.removed", "audience"), "user/commander unit/430525");
  act("dispatcher", "filter.list", "{}");
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 0);
  /* a question is checked when it is kept */
  assert_int_equal(try("dispatcher", "filter.save", "{\"name\":\"x\",\"query\":{\"txet\":\"污水\"}}"),
                   FQ_E_PARAMS);
  assert_string_equal(w.error.path, "params.query.txet");
  assert_int_equal(try("dispatcher", "filter.save", "{\"name\":\"x\",\"query\":{\"state\":[\"gone\"]}}"),
                   FQ_E_PARAMS);
  assert_int_equal(try("dispatcher", "filter.save", "{\"name\":\"x\",\"query\":{\"filter\":\"y\"}}"),
                   FQ_E_PARAMS);
  for (int k = 0; k < 100; k++)
    act("dispatcher", "filter.save", "{\"name\":\"第%d\",\"query\":{}}", k);
  refused("dispatcher", "filter.save", FQ_E_CONFLICT, "filter.limit", "{\"name\":\"多一个\",\"query\":{}}");
  act("dispatcher", "filter.save", "{\"name\":\"第7\",\"query\":{\"open\":true}}");
  if (*w.dir) rebuild_gives_the_same();
}

/* ---- rebuilt ------------------------------------------------------------------------------------------- */

/* Many incidents in many batches: the index is the same word for word, though not page for page; and a
 * missing word is noticed. */
static void rebuilt(void **state) {
  county();
  for (int k = 0; k < 300; k++) {
    act("officer-a1", "incident.report",
        "{\"category\":\"fire\",\"title\":\"第%d次山火\",\"text\":\"编号%d甲乙丙\"}", k, k * 7919 % 1000);
    if (k % 10 == 0) at(5 * HOUR + k * MINUTE);
  }
  at(20 * HOUR);
  assert_int_equal(waiting(), 0);
  act("officer-a1", "incident.report",
      "{\"category\":\"fire\",\"title\":\"最后一次\"}"); /* one is not indexed */
  rebuild_gives_the_same();
  /* a word more or less is noticed */
  char path[128], other[128], sql[256];
  struct fq_error e = {0};
  snprintf(path, sizeof path, "%s/county.db", w.dir);
  snprintf(other, sizeof other, "%s/rebuilt.db", w.dir);
  snprintf(sql, sizeof sql, "VACUUM INTO '%s'", other);
  assert_true(fq_db_run(fq_kernel_db(w.kernel), sql));
  FILE *out = fopen("/dev/null", "w");
  assert_int_equal(fq_compare(path, other, out, &e), FQ_OK);
  fq_db *db = fq_db_open(other, FQ_DB_WRITER, &e);
  assert_non_null(db);
  fq_db_allow_write(db, true);
  fq_exec(db, "INSERT INTO search_words(rowid, words) VALUES(1, '多')", "");
  fq_db_close(db);
  assert_int_equal(fq_compare(path, other, out, &e), FQ_E_INTERNAL);
  assert_string_equal(e.code, "rebuild.differs");
  fclose(out);
}

static void after_an_outage(void **state) {
  act("officer-a1", "incident.report", "{\"category\":\"fire\",\"title\":\"山火\"}");
  wake_at(3 * HOUR);
  assert_int_equal(waiting(), 0);
  assert_string_equal(by_text("山火"), "1");
}

#define TEST(f)    cmocka_unit_test_setup_teardown(f, world_open, world_close)
#define ON_DISK(f) cmocka_unit_test_setup_teardown(f, world_open_on_disk, world_close)
int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(text_in_tokens),
                                     cmocka_unit_test(how_like),
                                     TEST(everything_is_found),
                                     TEST(clocks_by_state),
                                     TEST(who_finds_what),
                                     TEST(text_is_data),
                                     TEST(pages),
                                     ON_DISK(filters),
                                     ON_DISK(rebuilt),
                                     TEST(after_an_outage)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
