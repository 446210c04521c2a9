/*
 * What statistics cost. Reading: stats.times over 10,000, 100,000 and 1,000,000 incidents of a county of 720
 * grids, on a reader's connection, beside SQLite's own count(*) of the same rows. Writing: what the extra row
 * adds to a report and to an incident's life, beside the incident's own row, in one transaction (so without
 * the disk's share).
 *
 *   stats_times [INCIDENTS...]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "incident/incident.h"
#include "stats/stats.h"
#include "store/db.h"
#include "unit/dispatch_world.h"

enum { RUNS = 5 };

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void tree(void) {
  for (int t = 0; t < 24; t++) {
    static char text[65536];
    size_t n = (size_t)sprintf(
        text, "{\"units\":[{\"id\":\"t%02d\",\"parent\":\"430525\",\"kind\":\"township\",\"name\":\"镇%d\"}",
        t, t);
    for (int v = 0; v < 15; v++) {
      n += (size_t)sprintf(
          text + n, ",{\"id\":\"v%02d%02d\",\"parent\":\"t%02d\",\"kind\":\"village\",\"name\":\"村\"}", t, v,
          t);
      for (int g = 0; g < 2; g++)
        n += (size_t)sprintf(
            text + n, ",{\"id\":\"g%02d%02d%d\",\"parent\":\"v%02d%02d\",\"kind\":\"grid\",\"name\":\"格\"}",
            t, v, g, t, v);
    }
    sprintf(text + n, "]}");
    /* act() takes a format and a bounded text; this is neither */
    struct fq_actor system = {.name = "system", .org = "", .roles = FQ_ROLE_ALL, .system = true};
    fq_json *result = NULL, *params = fq_json_parse(text, strlen(text), &w.error);
    if (fq_kernel_call(w.kernel, &system, "org.import", params, &result, &w.error))
      fail_msg("%s", w.error.en);
    fq_json_free(result);
  }
}

/* A year and a half, day and night; durations with a long tail, as such durations are. */
static void fill(int64_t rows) {
  fq_db *db = fq_kernel_db(w.kernel);
  fq_db_allow_write(db, true);
  fq_db_run(db,
            "INSERT INTO stat_unit(org) SELECT id FROM org WHERE kind = 'grid' AND id LIKE 'g%' ORDER BY id");
  fq_db_run(
      db,
      "INSERT INTO stat_category(category) VALUES('fire'), ('dispute'), ('flood'), ('traffic'), ('elder')");
  fq_exec(db,
          "WITH RECURSIVE c(x, r) AS (SELECT 0, 1 UNION ALL SELECT x + 1, (r * 48271) % 2147483647 FROM c "
          "WHERE x + 1 < ?1)"
          " INSERT INTO stat_time SELECT x * 9 + 1, ?2 - 47304000000 + x * (47304000000 / ?1), r % 720 + 1, "
          "r % 5 + 1,"
          " r % 4 + 1, r % 50 <> 0, 1800000000 / (r % 6000 + 1), 300000000 / (r % 4000 + 1),"
          " CASE WHEN x + 500 < ?1 THEN 10800000000 / (r % 3000 + 1) END FROM c",
          "ii", rows, w.t0_ms);
  fq_db_allow_write(db, false);
  if (fq_failed(db)) fail_msg("filling failed");
}

static double median(double *v) {
  for (int i = 1; i < RUNS; i++)
    for (int j = i; j && v[j - 1] > v[j]; j--) {
      double x = v[j];
      v[j] = v[j - 1];
      v[j - 1] = x;
    }
  return v[RUNS / 2];
}

static double ask(fq_db *db, fq_query_fn query, const char *params) {
  double took[RUNS];
  const struct fq_actor system = {.name = "system", .org = "", .roles = FQ_ROLE_ALL, .system = true};
  for (int r = 0; r < RUNS; r++) {
    struct fq_error e = {0};
    fq_json *p = fq_json_parse(params, strlen(params), &e), *result = fq_json_object();
    struct fq_query q = {
        .db = db, .actor = &system, .params = p, .now_ms = w.t0_ms, .result = result, .error = &e};
    double from = now_s();
    fq_db_begin(db, false);
    if (query(&q) || fq_failed(db)) fail_msg("%s: %s", params, e.en);
    fq_db_rollback(db);
    took[r] = now_s() - from;
    fq_json_free(p);
    fq_json_free(result);
  }
  return median(took) * 1000;
}

static double count(fq_db *db) {
  double took[RUNS];
  for (int r = 0; r < RUNS; r++) {
    double from = now_s();
    fq_int(db, 0, "SELECT count(*) FROM stat_time", "");
    took[r] = now_s() - from;
  }
  return median(took) * 1000;
}

static void reading(int64_t rows) {
  static const struct {
    const char *what, *params;
  } asked[] = {
      {"all three, whole county", "{\"from\":\"2020-01-01T00:00:00Z\"}"},
      {"... by township", "{\"from\":\"2020-01-01T00:00:00Z\",\"by\":\"township\"}"},
      {"... by grid", "{\"from\":\"2020-01-01T00:00:00Z\",\"by\":\"grid\"}"},
      {"... by month", "{\"from\":\"2020-01-01T00:00:00Z\",\"by\":\"month\"}"},
      {"one measure", "{\"from\":\"2020-01-01T00:00:00Z\",\"measure\":\"dispatch\"}"},
      {"last 30 days", "{}"},
  };
  world_open_on_disk(NULL);
  tree();
  fill(rows);
  char path[128];
  struct fq_error e;
  snprintf(path, sizeof path, "%s/county.db", w.dir);
  fq_db *db = fq_db_open(path, FQ_DB_READER, &e);
  if (!db) fail_msg("%s", e.en);
  double raw = count(db);
  printf("%lld incidents: count(*) %.2f ms\n", (long long)rows, raw);
  for (size_t x = 0; x < sizeof asked / sizeof *asked; x++) {
    double ms = ask(db, dp_stats_times, asked[x].params);
    printf("  %-26s %8.2f ms  %6.1f x\n", asked[x].what, ms, ms / raw);
  }
  double ms = ask(db, dp_stats_overview, "{}");
  printf("  %-26s %8.2f ms\n", "overview, nothing open", ms);
  fq_db_close(db);
  world_close(NULL);
}

/* ---- writing ------------------------------------------------------------------------------------------- */

static double each_us(const char *kind, fq_apply_fn apply, const char *data, int count_) {
  struct fq_apply a = {.db = fq_kernel_db(w.kernel), .self = w.self};
  struct fq_error e;
  fq_json *d = fq_json_parse(data, strlen(data), &e);
  if (!d) fail_msg("%s", e.en);
  fq_db_allow_write(a.db, true);
  fq_db_begin(a.db, true);
  double from = now_s();
  for (int x = 0; x < count_; x++) {
    char subject[FQ_ID_MAX];
    dp_id_make(subject, 'i', 1000 + x * 9);
    struct fq_entry entry = {.seq = 1000 + x * 9,
                             .at_ms = w.t0_ms + x * 1000,
                             .kind = kind,
                             .subject = subject,
                             .org = "g00000",
                             .audience = "",
                             .actor = "officer-a1",
                             .data = d};
    apply(&a, &entry);
  }
  double took = now_s() - from;
  fq_db_commit(a.db);
  fq_db_allow_write(a.db, false);
  fq_json_free(d);
  if (fq_failed(a.db)) fail_msg("%s: %s", kind, "failed");
  return took * 1e6 / count_;
}

static void writing(void) {
  static const char reported[] = "{\"number\":1,\"state\":\"reported\",\"rev\":1,\"category\":\"fire\","
                                 "\"level\":3,\"title\":\"后山冒烟\",\"text\":"
                                 "\"村后山有浓烟,疑似山火\",\"place\":{\"lon\":110.5,\"lat\":27.1},\"grid\":"
                                 "\"g00000\",\"path\":\"/430525/t00/v0000/g00000/\","
                                 "\"township\":\"t00\",\"source\":\"officer\",\"occurred_at\":\"2026-11-"
                                 "21T23:50:00.000Z\",\"owner\":{\"level\":\"grid\","
                                 "\"org\":\"g00000\",\"name\":\"格\"}}";
  enum { MANY = 100000 };
  world_open_on_disk(NULL);
  double row = each_us("incident.reported", dp_apply_reported, reported, MANY);
  double stat = each_us("incident.reported", dp_apply_st_reported, reported, MANY);
  printf("a report: the incident's own row %.2f us, this part's %.2f us (%.0f %%)\n", row, stat,
         100 * stat / row);
  double dispatched = each_us("incident.dispatched", dp_apply_st_dispatched, "{}", MANY);
  double handled = each_us("incident.handled", dp_apply_st_handled, "{}", MANY);
  double closed = each_us("incident.closed", dp_apply_st_closed, "{}", MANY);
  printf("later: dispatched %.2f us, handled %.2f us, closed %.2f us\n", dispatched, handled, closed);
  world_close(NULL);
}

int main(int argc, char **argv) {
  static const int64_t usual[] = {10000, 100000, 1000000};
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc > 1)
    for (int x = 1; x < argc; x++)
      reading(strtoll(argv[x], NULL, 10));
  else
    for (size_t x = 0; x < 3; x++)
      reading(usual[x]);
  writing();
  return 0;
}
