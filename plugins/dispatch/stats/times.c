/*
 * times.c - stats.times: how long the three steps take, as exact percentiles, by unit, category, level or
 * period. One pass over the narrow table, then a sort a group. Reader threads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stats/stats.h"

/* 28 bytes each while the query runs. A county has 200,000 incidents a year. */
enum { ROWS_MOST = 5000000, GROUPS_MOST = 4096, PERCENTILES_MOST = 16 };

enum by {
  BY_NOTHING,
  BY_TOWNSHIP,
  BY_VILLAGE,
  BY_GRID,
  BY_CATEGORY,
  BY_LEVEL,
  BY_DAY,
  BY_WEEK,
  BY_MONTH,
  BY_COUNT
};
static const char *const by_names[BY_COUNT] = {NULL,    "township", "village", "grid", "category",
                                               "level", "day",      "week",    "month"};
static const char *const measure_names[ST_MEASURE_COUNT] = {
#define X(id, name, limit_ms) [ST_##id] = name,
    ST_MEASURES(X)
#undef X
};

struct group {
  char key[FQ_ID_MAX], name[96], name_en[96];
  int64_t incidents, overdue[ST_MEASURE_COUNT];
};

struct ask {
  struct fq_query *q;
  enum by by;
  char org[FQ_ID_MAX];
  int64_t from_ms, until_ms, limit_ms[ST_MEASURE_COUNT];
  bool measure[ST_MEASURE_COUNT];
  int64_t category, level; /* 0: any; -1: a category nobody has reported */
  double p[PERCENTILES_MOST];
  size_t p_count;
  struct group *groups;
  size_t group_count, group_cap;
  int *of_unit, *of_category; /* small number -> group, -1: not asked for */
  size_t units, categories;
  int of_level[5];
  int64_t period_end_ms; /* of the last group, when by period */
  /* the rows, side by side */
  size_t rows, cap;
  uint32_t *group;
  int64_t *ms[ST_MEASURE_COUNT]; /* -1: not measured */
};

static void *grown(void *p, size_t count, size_t size) {
  void *more = realloc(p, count * size);
  if (!more) abort(); /* fengqiao.h, FAILURE */
  return more;
}

/* ---- groups ------------------------------------------------------------------------------------------ */

static int group_add(struct ask *a, const char *key, const char *name, const char *name_en) {
  if (a->group_count == a->group_cap)
    a->groups = grown(a->groups, a->group_cap = a->group_cap ? 2 * a->group_cap : 64, sizeof *a->groups);
  struct group *g = &a->groups[a->group_count];
  *g = (struct group){.incidents = 0};
  dp_text(g->key, sizeof g->key, key);
  dp_text(g->name, sizeof g->name, name);
  dp_text(g->name_en, sizeof g->name_en, name_en);
  return (int)a->group_count++;
}

static int group_of(struct ask *a, const char *key, const char *name) {
  for (size_t x = 0; x < a->group_count; x++)
    if (!strcmp(a->groups[x].key, key)) return (int)x;
  return group_add(a, key, name, NULL);
}

/* What was reported at a township has no village: it stands under the township itself. */
static int unit_group(struct ask *a, const char *org) {
  static const enum dp_level level[BY_COUNT] = {
      [BY_TOWNSHIP] = DP_L_TOWNSHIP, [BY_VILLAGE] = DP_L_VILLAGE, [BY_GRID] = DP_L_GRID};
  if (a->by < BY_TOWNSHIP || a->by > BY_GRID) return 0;
  struct dp_ladder l;
  dp_ladder_of(a->q->db, org, &l);
  for (size_t x = 0; x < l.count; x++)
    if (l.rungs[x].level >= level[a->by]) return group_of(a, l.rungs[x].org, l.rungs[x].name);
  return group_of(a, org, org);
}

static void map_units(struct ask *a) {
  char(*orgs)[FQ_ID_MAX] = NULL;
  fq_stmt *s = fq_sql(a->q->db, "SELECT code, org FROM stat_unit ORDER BY code", "");
  while (fq_row(s)) {
    size_t code = (size_t)fq_col_int(s, 0);
    orgs = grown(orgs, code + 1, sizeof *orgs);
    for (; a->units <= code; a->units++)
      orgs[a->units][0] = '\0';
    dp_text(orgs[code], FQ_ID_MAX, fq_col_str(s, 1));
  }
  a->of_unit = grown(NULL, a->units + 1, sizeof *a->of_unit);
  for (size_t u = 0; u < a->units; u++) {
    bool in = *orgs[u] && (!*a->org || fq_org_within(a->q->db, orgs[u], a->org));
    a->of_unit[u] = in ? unit_group(a, orgs[u]) : -1;
  }
  free(orgs);
}

static void map_categories(struct ask *a) {
  const char *only = fq_json_str(a->q->params, "category");
  a->category = only ? -1 : 0;
  fq_stmt *s = fq_sql(a->q->db, "SELECT code, category FROM stat_category ORDER BY code", "");
  while (fq_row(s)) {
    size_t code = (size_t)fq_col_int(s, 0);
    const char *word = fq_col_str(s, 1);
    a->of_category = grown(a->of_category, code + 1, sizeof *a->of_category);
    for (; a->categories <= code; a->categories++)
      a->of_category[a->categories] = -1;
    if (only && strcmp(only, word)) continue;
    if (only) a->category = (int64_t)code;
    char zh[96], en[96];
    if (a->by == BY_CATEGORY) {
      fq_term(a->q->db, "categories", word, zh, en);
      a->of_category[code] = group_add(a, word, zh, en);
    }
  }
}

static void map_levels(struct ask *a) {
  static const char *const zh[] = {"", "红", "橙", "黄", "蓝"}, *const en[] = {"", "red", "orange", "yellow",
                                                                               "blue"};
  for (int l = 1; l <= 4 && a->by == BY_LEVEL; l++)
    a->of_level[l] = group_add(a, (char[]){(char)('0' + l), '\0'}, zh[l], en[l]);
}

/* Days since 1970 as a date, and the other way about, through the C library: gmtime knows no zone. */
static struct tm date_of(int64_t day) {
  time_t t = (time_t)(day * (ST_DAY_MS / 1000));
  struct tm d;
  gmtime_r(&t, &d);
  return d;
}

/* Rows come in the order of their time: a period begins where the one before has ended. */
static int period_group(struct ask *a, int64_t at_ms) {
  if (a->group_count && at_ms < a->period_end_ms) return (int)a->group_count - 1;
  int64_t day = st_day(at_ms), next = day + 1;
  struct tm d = date_of(day);
  char key[40];
  if (a->by == BY_DAY) {
    strftime(key, sizeof key, "%Y-%m-%d", &d);
  } else if (a->by == BY_WEEK) { /* ISO 8601: from Monday */
    strftime(key, sizeof key, "%G-W%V", &d);
    next = day + 7 - (d.tm_wday + 6) % 7;
  } else {
    strftime(key, sizeof key, "%Y-%m", &d);
    for (int month = d.tm_mon; date_of(next).tm_mon == month;)
      next++;
  }
  a->period_end_ms = next * ST_DAY_MS - ST_ZONE_MS;
  return group_add(a, key, NULL, NULL);
}

/* ---- rows -------------------------------------------------------------------------------------------- */

static void row_add(struct ask *a, int group, const int64_t ms[ST_MEASURE_COUNT]) {
  if (a->rows == a->cap) {
    a->cap = a->cap ? 2 * a->cap : 4096;
    a->group = grown(a->group, a->cap, sizeof *a->group);
    for (int m = 0; m < ST_MEASURE_COUNT; m++)
      if (a->measure[m]) a->ms[m] = grown(a->ms[m], a->cap, sizeof *a->ms[m]);
  }
  a->group[a->rows] = (uint32_t)group;
  for (int m = 0; m < ST_MEASURE_COUNT; m++)
    if (a->measure[m]) a->ms[m][a->rows] = ms[m];
  a->rows++;
}

static int group_of_row(struct ask *a, int64_t at_ms, int64_t unit, int64_t category, int64_t level) {
  int of_unit = unit >= 0 && (size_t)unit < a->units ? a->of_unit[unit] : -1;
  if (of_unit < 0 || (a->category && a->category != category) || (a->level && a->level != level)) return -1;
  if (a->by == BY_CATEGORY) return (size_t)category < a->categories ? a->of_category[category] : -1;
  if (a->by == BY_LEVEL) return level >= 1 && level <= 4 ? a->of_level[level] : -1;
  return a->by >= BY_DAY ? period_group(a, at_ms) : of_unit;
}

static int64_t elapsed(fq_stmt *s, int column) {
  return fq_col_null(s, column) ? -1 : fq_col_int(s, column);
}

/* What has not been reached and should have been is outside the limit today already: leaving it out would
 * make the rate better the longer nobody comes. */
static void overdue(struct ask *a, struct group *g, fq_stmt *s, int64_t at_ms, const int64_t ms[]) {
  int64_t now_ms = a->q->now_ms;
  if (fq_col_null(s, 5)) {
    g->overdue[ST_DISPATCH] += now_ms - at_ms > a->limit_ms[ST_DISPATCH];
  } else if (fq_col_null(s, 6)) {
    g->overdue[ST_RESOLVE] += now_ms - at_ms - ms[ST_DISPATCH] > a->limit_ms[ST_RESOLVE];
  }
}

static enum fq_status scan(struct ask *a) {
  fq_db *db = a->q->db;
  int64_t first = st_first_n(db, a->from_ms), end = st_first_n(db, a->until_ms);
  if (a->by == BY_NOTHING) group_add(a, "", NULL, NULL);
  fq_stmt *s = fq_sql(db,
                      "SELECT at_ms, unit, category, level, detect_ms, dispatch_ms, resolve_ms FROM stat_time"
                      " WHERE n >= ?1 AND n < ?2 AND kept",
                      "ii", first, end);
  while (fq_row(s)) {
    int64_t at_ms = fq_col_int(s, 0);
    int group = group_of_row(a, at_ms, fq_col_int(s, 1), fq_col_int(s, 2), fq_col_int(s, 3));
    if (group < 0) continue;
    if (a->rows == ROWS_MOST || a->group_count > GROUPS_MOST) {
      fq_done(s);
      return fq_fail(a->q->error, FQ_E_TOO_LARGE, "stats.span", "params.from",
                     "一次最多统计 %d 件、%d 组:请缩短时间段",
                     "at most %d incidents in %d groups: ask for a shorter time", ROWS_MOST, GROUPS_MOST);
    }
    int64_t ms[ST_MEASURE_COUNT] = {elapsed(s, 4), elapsed(s, 5), elapsed(s, 6)};
    struct group *g = &a->groups[group];
    g->incidents++;
    if (ms[ST_DISPATCH] < 0 || ms[ST_RESOLVE] < 0) overdue(a, g, s, at_ms, ms);
    row_add(a, group, ms);
  }
  return FQ_OK;
}

/* ---- figures ----------------------------------------------------------------------------------------- */

static fq_json *figures(const struct ask *a, enum st_measure m, const int64_t *sorted, size_t count,
                        int64_t late) {
  fq_json *j = fq_json_object();
  size_t within = 0, high = count;
  int64_t sum = 0;
  while (within < high) { /* how many are not above the limit */
    size_t middle = within + (high - within) / 2;
    if (sorted[middle] <= a->limit_ms[m])
      within = middle + 1;
    else
      high = middle;
  }
  for (size_t x = 0; x < count; x++)
    sum += sorted[x];
  fq_json_set_int(j, "count", (int64_t)count);
  fq_json_set_int(j, "within", (int64_t)within);
  if (m != ST_DETECT) fq_json_set_int(j, "overdue", late);
  if (count + (size_t)late) fq_json_set_num(j, "rate", (double)within / (double)(count + (size_t)late));
  if (!count) return j;
  fq_json_set_int(j, "mean_ms", sum / (int64_t)count);
  fq_json_set_int(j, "max_ms", sorted[count - 1]);
  fq_json *list = fq_json_array();
  for (size_t x = 0; x < a->p_count; x++) {
    fq_json *one = fq_json_object();
    fq_json_set_num(one, "p", a->p[x]);
    fq_json_set_int(one, "ms", st_percentile(sorted, count, a->p[x]));
    fq_json_push(list, one);
  }
  fq_json_set(j, "percentiles", list);
  return j;
}

/* Moves the measured ones of each group together; start[g] .. start[g + 1] are group g's. */
static void gather(const struct ask *a, enum st_measure m, int64_t *out, size_t *start) {
  memset(start, 0, (a->group_count + 2) * sizeof *start);
  for (size_t r = 0; r < a->rows; r++)
    if (a->ms[m][r] >= 0) start[a->group[r] + 2]++;
  for (size_t g = 2; g <= a->group_count + 1; g++)
    start[g] += start[g - 1];
  for (size_t r = 0; r < a->rows; r++)
    if (a->ms[m][r] >= 0) out[start[a->group[r] + 1]++] = a->ms[m][r];
}

static void figures_of_all(struct ask *a, fq_json *total, fq_json **groups) {
  int64_t *values = grown(NULL, a->rows + 1, sizeof *values),
          *spare = grown(NULL, a->rows + 1, sizeof *spare);
  size_t *start = grown(NULL, a->group_count + 2, sizeof *start);
  for (int m = 0; m < ST_MEASURE_COUNT; m++) {
    if (!a->measure[m]) continue;
    int64_t late = 0;
    gather(a, m, values, start);
    for (size_t g = 0; g < a->group_count; g++) {
      late += a->groups[g].overdue[m];
      if (!groups || !a->groups[g].incidents) continue;
      int64_t *of = values + start[g];
      size_t count = start[g + 1] - start[g];
      st_sort(of, spare, count);
      fq_json_set(groups[g], measure_names[m], figures(a, m, of, count, a->groups[g].overdue[m]));
    }
    st_sort(values, spare, start[a->group_count]);
    fq_json_set(total, measure_names[m], figures(a, m, values, start[a->group_count], late));
  }
  free(values);
  free(spare);
  free(start);
}

static int by_key(const void *a, const void *b, void *groups) {
  const struct group *g = groups;
  return strcmp(g[*(const size_t *)a].key, g[*(const size_t *)b].key);
}

static void answer(struct ask *a) {
  fq_json *result = a->q->result, *total = fq_json_object(), **groups = NULL, *limits = fq_json_object();
  fq_json_set_time(result, "from", a->from_ms);
  fq_json_set_time(result, "until", a->until_ms);
  for (int m = 0; m < ST_MEASURE_COUNT; m++)
    if (a->measure[m]) fq_json_set_int(limits, measure_names[m], a->limit_ms[m]);
  fq_json_set(result, "limits_ms", limits);
  fq_json_set_int(total, "incidents", (int64_t)a->rows);
  if (a->by != BY_NOTHING) {
    groups = grown(NULL, a->group_count + 1, sizeof *groups);
    for (size_t g = 0; g < a->group_count; g++) {
      groups[g] = fq_json_object();
      fq_json_set_str(groups[g], "group", a->groups[g].key);
      if (*a->groups[g].name) fq_json_set_str(groups[g], "name", a->groups[g].name);
      if (*a->groups[g].name_en) fq_json_set_str(groups[g], "name_en", a->groups[g].name_en);
      fq_json_set_int(groups[g], "incidents", a->groups[g].incidents);
    }
  }
  figures_of_all(a, total, groups);
  fq_json_set(result, "total", total);
  if (!groups) return;
  size_t *order = grown(NULL, a->group_count + 1, sizeof *order);
  for (size_t g = 0; g < a->group_count; g++)
    order[g] = g;
  qsort_r(order, a->group_count, sizeof *order, by_key, a->groups);
  fq_json *list = fq_json_array();
  for (size_t x = 0; x < a->group_count; x++) {
    if (a->groups[order[x]].incidents)
      fq_json_push(list, groups[order[x]]);
    else
      fq_json_free(groups[order[x]]);
  }
  fq_json_set(result, "groups", list);
  free(order);
  free(groups);
}

/* ---- what is asked ----------------------------------------------------------------------------------- */

static enum fq_status read_times(struct ask *a) {
  const char *from = fq_json_str(a->q->params, "from"), *until = fq_json_str(a->q->params, "until");
  a->until_ms = until ? fq_time_parse(until) : a->q->now_ms + 1;
  a->from_ms = from ? fq_time_parse(from) : a->until_ms - 30 * ST_DAY_MS;
  if (a->from_ms < a->until_ms) return FQ_OK;
  return fq_fail(a->q->error, FQ_E_PARAMS, "stats.span", "params.from", "开始时间须早于结束时间",
                 "`from` must be before `until`");
}

static enum fq_status read_percentiles(struct ask *a) {
  const fq_json *list = fq_json_get(a->q->params, "percentiles");
  if (!list) {
    static const double usual[] = {50, 90, 95, 99};
    memcpy(a->p, usual, sizeof usual);
    a->p_count = 4;
    return FQ_OK;
  }
  fq_json_each(one, list) {
    double p = fq_json_as_num(one, 0);
    if (p <= 0 || a->p_count == PERCENTILES_MOST)
      return fq_fail(a->q->error, FQ_E_PARAMS, "stats.percentile", "params.percentiles",
                     "百分位须大于 0、不超过 100", "percentiles are above 0 and at most 100");
    a->p[a->p_count++] = p;
  }
  return FQ_OK;
}

static enum fq_status read_ask(struct ask *a) {
  static const int64_t usual_ms[ST_MEASURE_COUNT] = {
#define X(id, name, limit_ms) [ST_##id] = limit_ms,
      ST_MEASURES(X)
#undef X
  };
  const fq_json *p = a->q->params, *limits = fq_json_get(p, "limits");
  const char *measure = fq_json_str(p, "measure"), *by = fq_json_str(p, "by");
  bool all = !measure || !strcmp(measure, "all");
  for (int m = 0; m < ST_MEASURE_COUNT; m++) {
    char member[24];
    snprintf(member, sizeof member, "%s_ms", measure_names[m]);
    a->measure[m] = all || !strcmp(measure, measure_names[m]);
    a->limit_ms[m] = fq_json_int(limits, member, usual_ms[m]);
  }
  for (int x = 1; by && x < BY_COUNT; x++)
    if (!strcmp(by, by_names[x])) a->by = (enum by)x;
  a->level = fq_json_int(p, "level", 0);
  enum fq_status s = st_scope(a->q, a->org);
  if (s == FQ_OK) s = read_times(a);
  return s == FQ_OK ? read_percentiles(a) : s;
}

enum fq_status dp_stats_times(struct fq_query *q) {
  struct ask a = {.q = q};
  enum fq_status s = read_ask(&a);
  if (s == FQ_OK) {
    map_units(&a);
    map_categories(&a);
    map_levels(&a);
    if ((s = scan(&a)) == FQ_OK) answer(&a);
  }
  free(a.groups);
  free(a.of_unit);
  free(a.of_category);
  free(a.group);
  for (int m = 0; m < ST_MEASURE_COUNT; m++)
    free(a.ms[m]);
  return s;
}
