/*
 * search.c - what the dispatch plugin's search and its duplicates cost, on the real kernel with a county on
 * disk.
 *
 *   tests/bench/search reports [N]         CPU of a report, with and without likely duplicates near it
 *   tests/bench/search inside [N]          the bare text index in SQLite: each document in a transaction of
 * its own, as a report would have it, against batches with merging in steps tests/bench/search million [N]
 * [DIR]   N incidents (1,000,000) written straight into a database, indexed by the server's own command, then
 * asked; beside it the raw limit: the same rows read one by one Plain text, microseconds and milliseconds.
 * The county is made up by a fixed seed.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fengqiao.h"
#include "kernel/kernel.h"
#include "search/bigrams.h"
#include "store/db.h"

extern const struct fq_plugin fq_plugin;

static uint64_t seed = 88172645463325252u;
static unsigned rnd(unsigned below) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (unsigned)(seed >> 11) % below;
}

static double now_us(clockid_t which) {
  struct timespec t;
  clock_gettime(which, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int rising(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void show(const char *what, double *us, size_t n, const char *more) {
  double sum = 0;
  for (size_t k = 0; k < n; k++)
    sum += us[k];
  qsort(us, n, sizeof *us, rising);
  printf("%-44s mean %9.1f  p50 %9.1f  p95 %9.1f  p99 %9.1f  max %9.1f us%s\n", what, sum / (double)n,
         us[n / 2], us[n * 95 / 100], us[n * 99 / 100], us[n - 1], more);
}

/* ---- the county ---------------------------------------------------------------------------------------- */

enum { TOWNSHIPS = 24, VILLAGES = 15, OFFICERS = 600 };
static const struct fq_actor system_actor = {
    .name = "system", .org = "", .roles = FQ_ROLE_ALL, .system = true};
static const struct fq_actor desk = {.name = "dispatcher", .org = "430525", .roles = FQ_ROLE_DISPATCHER};
static fq_kernel *kernel;
static void *self;

static fq_json *call(const struct fq_actor *a, const char *method, const char *params, ...) {
  char text[4096];
  va_list ap;
  va_start(ap, params);
  vsnprintf(text, sizeof text, params, ap);
  va_end(ap);
  struct fq_error e = {0};
  fq_json *result = NULL, *p = fq_json_parse(text, strlen(text), &e);
  if (!p || fq_kernel_call(kernel, a, method, p, &result, &e)) {
    fprintf(stderr, "%s: %s\n%s\n", method, e.en, text);
    exit(1);
  }
  return result;
}

static void run(const struct fq_actor *a, const char *method, const char *params) {
  fq_json_free(call(a, method, "%s", params));
}

static void *fallbacks(void) {
  char *s = calloc(1, fq_plugin.self_bytes);
  for (const struct fq_option *o = fq_plugin.options; s && o->name; o++) {
    long long value = 0;
    char unit[8] = "";
    if (o->type == FQ_O_BOOL) continue;
    sscanf(o->fallback, "%lld %7s", &value, unit);
    *(int64_t *)(void *)(s + o->offset) = value * (strcmp(unit, "min") ? 1 : 60000);
  }
  return s;
}

#define T0 INT64_C(1763769600000)

static void open_county(const char *dir) {
  struct fq_error e = {0};
  struct fq_kernel_config config = {.data_dir = dir, .fake_clock = true};
  self = fallbacks();
  kernel = fq_kernel_open(&config, &e);
  if (kernel) fq_kernel_set_time(kernel, T0);
  if (!kernel || fq_kernel_add(kernel, &fq_plugin, self, &e) || fq_kernel_boot(kernel, &e)) {
    fprintf(stderr, "open: %s\n", e.en);
    exit(1);
  }
}

static void close_county(void) {
  fq_kernel_close(kernel);
  free(self);
}

static void village(int t, int v, char out[16]) {
  snprintf(out, 16, "430525%03d%03d", 100 + t, 200 + v);
}

static void fill_county(void) {
  run(&system_actor, "org.import",
      "{\"units\":[{\"id\":\"430525\",\"kind\":\"county\",\"name\":\"洞口县\"}]}");
  for (int t = 0; t < TOWNSHIPS; t++) {
    fq_json_free(
        call(&system_actor, "org.import",
             "{\"units\":[{\"id\":\"430525%03d000\",\"parent\":\"430525\",\"kind\":\"township\",\"name\":"
             "\"%d镇\"}]}",
             100 + t, t));
    for (int v = 0; v < VILLAGES; v++) {
      char id[16];
      village(t, v, id);
      fq_json_free(call(
          &system_actor, "org.import",
          "{\"units\":[{\"id\":\"%s\",\"parent\":\"430525%03d000\",\"kind\":\"village\",\"name\":\"%d村\"},"
          "{\"id\":\"%s-01\",\"parent\":\"%s\",\"kind\":\"grid\",\"name\":\"一格\",\"lon\":%.4f,\"lat\":%.4f}"
          "]}",
          id, 100 + t, v, id, id, 110.3 + t % 6 * 0.1 + v % 4 * 0.025, 26.9 + t / 6 * 0.1 + v / 4 * 0.025));
    }
  }
  run(&system_actor, "user.add", "{\"name\":\"dispatcher\",\"org\":\"430525\",\"roles\":[\"dispatcher\"]}");
  for (int k = 0; k < OFFICERS; k++) {
    char id[16];
    village(k % TOWNSHIPS, k / TOWNSHIPS % VILLAGES, id);
    fq_json_free(
        call(&system_actor, "user.add",
             "{\"name\":\"officer-%d\",\"display\":\"网格员%d\",\"org\":\"%s-01\",\"roles\":[\"officer\"]}",
             k, k, id));
  }
}

/* ---- texts --------------------------------------------------------------------------------------------- */

static const char *const things[] = {"污水", "垃圾", "路灯", "井盖", "噪音", "山火", "积水",
                                     "违建", "纠纷", "老人", "围栏", "电线", "河道", "树木",
                                     "猪场", "工地", "车辆", "学校", "水库", "桥面"};
static const char *const acts[] = {"横流", "堆放", "不亮", "破损", "扰民", "冒烟", "成灾",
                                   "占道", "吵架", "走失", "倒塌", "脱落", "堵塞", "倒伏",
                                   "臭气", "扬尘", "乱停", "围堵", "渗漏", "开裂"};
static const char *const ends[] = {"村民多次反映", "请尽快派人处理", "影响出行",   "已拍照上传",
                                   "昨晚开始",     "比上次严重",     "附近有小孩", "主人不在家",
                                   "正在联系户主", "旁边有商铺"};
static const char *const names[] = {"李家湾", "王家院子", "大屋场", "石桥头",
                                    "新塘",   "茶铺子",   "竹山脚", "杨柳井"};
#define ANY(list) list[rnd(sizeof list / sizeof *list)]

static void texts(char title[200], char text[600], char address[100]) {
  snprintf(title, 200, "%s%s%s", ANY(names), ANY(things), ANY(acts));
  snprintf(text, 600, "%s的%s%s,%s,%s。%s%d号", ANY(names), ANY(things), ANY(acts), ANY(ends), ANY(ends),
           ANY(names), rnd(300));
  snprintf(address, 100, "%s%d组", ANY(names), rnd(12));
}

/* ---- the index alone ------------------------------------------------------------------------------------
 */

#define FTS "CREATE VIRTUAL TABLE f USING fts5(w, content='', detail=none, columnsize=0, tokenize='ascii')"

static void words_of(char out[4096]) {
  char title[200], text[600], address[100];
  static uint32_t points[DP_POINTS_MAX];
  texts(title, text, address);
  struct dp_tokens t = {.points = points, .count = dp_fold(text, points, DP_POINTS_MAX), .ends = true};
  size_t n = 0;
  while (n + DP_TOKEN_MAX < 4096 && dp_token_next(&t))
    n += (size_t)snprintf(out + n, 4096 - n, "%s ", t.text);
}

static void inside(const char *dir, int n, int batch, bool stepwise) {
  char path[300], what[80], words[4096];
  struct fq_error e = {0};
  snprintf(path, sizeof path, "%s/index-%d.db", dir, batch);
  fq_db *db = fq_db_open(path, FQ_DB_WRITER, &e);
  double *us = calloc((size_t)n, sizeof *us);
  if (!db || !us) exit(1);
  fq_db_allow_write(db, true);
  fq_db_run(db, FTS);
  if (stepwise)
    fq_db_run(
        db,
        "INSERT INTO f(f, rank) VALUES('automerge', 0); INSERT INTO f(f, rank) VALUES('crisismerge', 1000)");
  double sum = 0;
  for (int k = 0; k < n / batch; k++) {
    double at = now_us(CLOCK_THREAD_CPUTIME_ID);
    fq_db_begin(db, true);
    fq_db_savepoint(db);
    for (int x = 0; x < batch; x++) {
      words_of(words);
      fq_exec(db, "INSERT INTO f(rowid, w) VALUES(?1, ?2)", "is", ((int64_t)k * batch + x) << 8, words);
    }
    if (stepwise) fq_exec(db, "INSERT INTO f(f, rank) VALUES('merge', 16)", "");
    fq_db_release(db);
    fq_db_commit(db);
    us[k] = now_us(CLOCK_THREAD_CPUTIME_ID) - at;
    sum += us[k];
  }
  char more[80];
  snprintf(what, sizeof what, "%d a transaction%s", batch, stepwise ? ", merged in steps" : "");
  snprintf(more, sizeof more, "; %.1f us a document", sum / n);
  show(what, us, (size_t)(n / batch), more);
  free(us);
  fq_db_close(db);
}

/* ---- a report --------------------------------------------------------------------------------------------
 */

static void one_report(int k, double lon, double lat) {
  char title[200], text[600], address[100], who[32], id[16], org[24];
  texts(title, text, address);
  snprintf(who, sizeof who, "officer-%d", k % OFFICERS);
  village(k % TOWNSHIPS, k / TOWNSHIPS % VILLAGES, id);
  snprintf(org, sizeof org, "%s-01", id);
  struct fq_actor a = {.name = who, .org = org, .roles = FQ_ROLE_OFFICER};
  fq_json_free(call(&a, "incident.report",
                    "{\"category\":\"sanitation\",\"title\":\"%s\",\"text\":\"%s\",\"address\":\"%s\","
                    "\"place\":{\"lon\":%.6f,"
                    "\"lat\":%.6f}}",
                    title, text, address, lon, lat));
}

/* Every other report is compared with what is open around it: the difference is what that costs. */
static void reports_at(int n, const char *where, double lon, double lat, unsigned wide) {
  double *us[2] = {calloc((size_t)n, sizeof **us), calloc((size_t)n, sizeof **us)};
  int64_t *score = NULL;
  for (const struct fq_option *o = fq_plugin.options; o->name; o++)
    if (!strcmp(o->name, "duplicate_score")) score = (int64_t *)(void *)((char *)self + o->offset);
  char what[2][80];
  snprintf(what[0], sizeof what[0], "report, %s", where);
  snprintf(what[1], sizeof what[1], "... compared with what is near");
  for (int k = 0; score && us[0] && us[1] && k < 2 * n; k++) {
    double x = lon + rnd(wide) / 1e6, y = lat + rnd(wide) / 1e6, at = now_us(CLOCK_THREAD_CPUTIME_ID);
    *score = k % 2 ? 75 : 101;
    one_report(k, x, y);
    us[k % 2][k / 2] = now_us(CLOCK_THREAD_CPUTIME_ID) - at;
  }
  for (int k = 0; k < 2; k++)
    show(what[k], us[k], (size_t)n, "");
  free(us[0]);
  free(us[1]);
}

static void reports(int n) {
  reports_at(n, "all over the county", 110.3, 26.9, 500000);
  reports_at(n, "all within two kilometres", 110.4, 27.0, 20000);
}

/* The server indexing what the reports left, batch by batch. */
static void index_all(size_t most) {
  double *us = calloc(most, sizeof *us);
  size_t n = 0;
  int64_t left, before = fq_int(fq_kernel_db(kernel), 0, "SELECT count(*) FROM search_new", "");
  do {
    double at = now_us(CLOCK_THREAD_CPUTIME_ID);
    run(&system_actor, "search.index", "{}");
    us[n++] = now_us(CLOCK_THREAD_CPUTIME_ID) - at;
    left = fq_int(fq_kernel_db(kernel), 0, "SELECT seq FROM search_new LIMIT 1", "");
  } while (left && n < most);
  double sum = 0;
  for (size_t k = 0; k < n; k++)
    sum += us[k];
  char more[80];
  snprintf(more, sizeof more, "; %.1f us a document", sum / (double)before);
  show("a tick that indexes 64 documents", us, n, more);
  free(us);
}

/* ---- a million -------------------------------------------------------------------------------------------
 */

#define APART 4 /* journal entries of an incident */

static void fill_incidents(int64_t first, int n) {
  fq_db *db = fq_kernel_db(kernel);
  fq_db_allow_write(db, true);
  static const char *const states[] = {"reported", "accepted", "dispatched", "handling", "returned"};
  static const char *const categories[] = {"fire", "dispute", "traffic", "sanitation", "utility", "other"};
  for (int k = 0; k < n; k++) {
    char title[200], text[600], address[100], id[16], org[24], path[128], township[16], who[32];
    int t = (int)rnd(TOWNSHIPS), v = (int)rnd(VILLAGES);
    int64_t seq = first + (int64_t)k * APART, at_ms = T0 + (int64_t)k * 60000;
    bool open = k > n - 5000;
    if (k % 20000 == 0) fq_db_begin(db, true);
    texts(title, text, address);
    village(t, v, id);
    snprintf(org, sizeof org, "%s-01", id);
    snprintf(township, sizeof township, "430525%03d000", 100 + t);
    snprintf(path, sizeof path, "/430525/%s/%s/%s/", township, id, org);
    snprintf(who, sizeof who, "officer-%u", rnd(OFFICERS));
    for (int x = 0; x < APART; x++)
      fq_exec(
          db,
          "INSERT INTO journal(seq, at_ms, kind, subject, org, actor, cause, audience, data, digest, link)"
          " VALUES(?1, ?2, 'incident.reported', '', '', 'system', 0, '', '{}', zeroblob(32), zeroblob(32))",
          "ii", seq + x, at_ms);
    fq_exec(
        db,
        "INSERT INTO incident(n, number, rev, state, category, level, title, text, lon, lat, org, path, "
        "township,"
        " address, reporter, source, owner_level, owner_org, occurred_ms, reported_ms, updated_ms, ended_ms)"
        " VALUES(?1, ?2, 1, ?3, ?4, 4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 'officer', 'grid', ?9, ?14, "
        "?14, ?14,"
        " nullif(?15, 0))",
        "iissssddsssssii", seq, (int64_t)k + 1, open ? ANY(states) : "closed", ANY(categories), title, text,
        110.3 + t % 6 * 0.1 + rnd(100000) / 1e6, 26.9 + t / 6 * 0.1 + rnd(100000) / 1e6, org, path, township,
        address, who, at_ms, open ? (int64_t)0 : at_ms + 3600000);
    fq_exec(db, "INSERT INTO search_new(seq, doc) VALUES(?1, ?1 << 8)", "i", seq);
    if (open)
      fq_exec(
          db,
          "INSERT INTO clock(incident, policy, name, to_milestone, state, from_ms, due_ms, limit_ms, warned)"
          " VALUES(?1, 'p', 'resolve', 4, ?3, ?2, ?2, 1000, 0)",
          "iis", seq, at_ms, k % 50 ? "running" : "due_soon");
    if (k % 20000 == 19999 || k == n - 1) fq_db_commit(db);
  }
  fq_db_allow_write(db, false);
  if (fq_failed(db)) {
    struct fq_error e = {0};
    fq_db_error(db, &e);
    fprintf(stderr, "%s\n", e.en);
    exit(1);
  }
}

static void ask(const char *what, int times, const char *(*params)(int64_t n), int64_t n) {
  double *us = calloc((size_t)times, sizeof *us);
  int64_t rows = 0;
  for (int k = 0; us && k < times; k++) {
    const char *p = params(n);
    double at = now_us(CLOCK_THREAD_CPUTIME_ID);
    fq_json *r = call(&desk, "incident.search", "%s", p);
    us[k] = now_us(CLOCK_THREAD_CPUTIME_ID) - at;
    rows += (int64_t)fq_json_size(fq_json_get(r, "rows"));
    fq_json_free(r);
  }
  char more[64];
  snprintf(more, sizeof more, "; %.1f rows", (double)rows / times);
  show(what, us, (size_t)times, more);
  free(us);
}

static char asked[512];
#define ASK(name, ...)                                                                                       \
  static const char *name(int64_t n) {                                                                       \
    (void)n;                                                                                                 \
    snprintf(asked, sizeof asked, __VA_ARGS__);                                                              \
    return asked;                                                                                            \
  }
static const char *some_village(void) {
  static char id[16];
  village((int)rnd(TOWNSHIPS), (int)rnd(VILLAGES), id);
  return id;
}
static const char *time_at(int64_t minute) {
  static char text[2][32];
  static int turn;
  turn = !turn;
  fq_time_format(T0 + minute * 60000, text[turn]);
  return text[turn];
}
ASK(a_word, "{\"text\":\"%s\"}", ANY(things))
ASK(a_character, "{\"text\":\"%.3s\"}", ANY(things))
ASK(four, "{\"text\":\"%s%s\"}", ANY(things), ANY(acts))
ASK(rare, "{\"text\":\"%s%u号 %s\"}", ANY(names), rnd(300), ANY(acts))
ASK(word_in_township, "{\"text\":\"%s\",\"org\":\"430525%03u000\"}", ANY(things), 100 + rnd(TOWNSHIPS))
ASK(word_in_village, "{\"text\":\"%s\",\"org\":\"%s\"}", ANY(things), some_village())
static const char *word_unit_time(int64_t n) {
  int64_t from = rnd((unsigned)n);
  snprintf(asked, sizeof asked,
           "{\"text\":\"%s\",\"org\":\"430525%03u000\",\"from\":\"%s\",\"until\":\"%s\"}", ANY(things),
           100 + rnd(TOWNSHIPS), time_at(from), time_at(from + n / 20));
  return asked;
}
ASK(by_number, "{\"number\":%u}", 1 + rnd((unsigned)n))
ASK(by_person, "{\"person\":\"officer-%u\"}", rnd(OFFICERS))
ASK(person_and_word, "{\"person\":\"officer-%u\",\"text\":\"%s\"}", rnd(OFFICERS), ANY(things))
ASK(by_unit, "{\"org\":\"%s\"}", some_village())
ASK(by_state, "{\"state\":[\"returned\"]}")
ASK(by_clock, "{\"clock\":\"due_soon\"}")
ASK(by_category, "{\"category\":[\"fire\"],\"org\":\"430525%03u000\"}", 100 + rnd(TOWNSHIPS))
ASK(by_place, "{\"place\":{\"lon\":%.4f,\"lat\":%.4f},\"within_m\":500}", 110.3 + rnd(6000) / 1e4,
    26.9 + rnd(4000) / 1e4)
ASK(voided, "{\"state\":[\"voided\"]}")

static void million(int n, const char *dir) {
  fq_db *db = fq_kernel_db(kernel);
  int64_t first = 1 + fq_int(db, 0, "SELECT max(seq) FROM journal", "");
  fill_incidents(first, n);
  close_county();
  open_county(dir);
  db = fq_kernel_db(kernel);
  static const char size[] = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
  int64_t before = fq_int(db, 0, size, "");
  index_all((size_t)n / 64 + 2);
  printf("%-44s %.0f bytes an incident (its rows and entries here: %.0f)\n", "the index",
         (double)(fq_int(db, 0, size, "") - before) / n, (double)before / n);
  ask("a word of two characters", 200, a_word, n);
  ask("one character", 50, a_character, n);
  ask("four characters", 200, four, n);
  ask("two rare words", 200, rare, n);
  ask("a word, a township", 200, word_in_township, n);
  ask("a word, a village", 200, word_in_village, n);
  ask("a word, a township, a stretch of time", 200, word_unit_time, n);
  ask("a number", 200, by_number, n);
  ask("a person", 200, by_person, n);
  ask("a person and a word", 200, person_and_word, n);
  ask("a village", 200, by_unit, n);
  ask("a state", 200, by_state, n);
  ask("a clock's state", 200, by_clock, n);
  ask("a category, a township", 200, by_category, n);
  ask("500 m around a place", 200, by_place, n);
  ask("a state that none has (a stretch)", 20, voided, n);
  double at = now_us(CLOCK_MONOTONIC);
  int64_t rows =
      fq_int(db, 0, "SELECT count(*) FROM incident WHERE instr(title || text, '污水横流') > 0", "");
  printf("%-44s %.0f ms for one question, %lld rows\n", "the limit without an index: every row read",
         (now_us(CLOCK_MONOTONIC) - at) / 1000, (long long)rows);
}

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "reports";
  int n = argc > 2                   ? atoi(argv[2])
          : !strcmp(mode, "million") ? 1000000
          : !strcmp(mode, "inside")  ? 50000
                                     : 5000;
  char dir[256] = "/tmp/fq-search-XXXXXX";
  if (argc > 3) snprintf(dir, sizeof dir, "%s", argv[3]);
  if (n < 100 || (argc <= 3 && !mkdtemp(dir))) return 1;
  open_county(dir);
  fill_county();
  if (!strcmp(mode, "million")) {
    million(n, dir);
  } else if (!strcmp(mode, "inside")) {
    inside(dir, n, 1, false);
    inside(dir, n, 64, true);
  } else {
    reports(n);
    index_all((size_t)n);
  }
  close_county();
  if (argc <= 3) {
    char rm[300];
    snprintf(rm, sizeof rm, "rm -rf '%s'", dir);
    return system(rm) != 0;
  }
  return 0;
}
