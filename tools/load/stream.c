/*
 * Incidents as they really arrived: a table of times and places, played faster than life. Its rows come in
 * the order of their times, its map is laid over the county's (both without their outermost hundredth, where
 * the mistakes are), and what it calls its categories becomes the county's by rules. Whose grid is nearest
 * reports.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

/* What a column is for, and the names it usually has. */
#define COLUMNS(X)                                                                                           \
  X(TIME, "time", "time timestamp timeStamp datetime date reported_at occurred_at")                          \
  X(LON, "lon", "lon lng long longitude x")                                                                  \
  X(LAT, "lat", "lat latitude y")                                                                            \
  X(TITLE, "title", "title name call_type type summary")                                                     \
  X(TEXT, "text", "text desc description details")                                                           \
  X(CATEGORY, "category", "category class kind")
enum column {
#define X(id, name, usual) COLUMN_##id,
  COLUMNS(X)
#undef X
      COLUMN_COUNT
};
static const char *const column_names[] = {
#define X(id, name, usual) name,
    COLUMNS(X)
#undef X
};
static const char *const column_usual[] = {
#define X(id, name, usual) usual,
    COLUMNS(X)
#undef X
};

struct row {
  int64_t at_ms;
  size_t order; /* in the file, where times are the same */
  double lon, lat;
  const char *title, *text, *category; /* in `table` */
};
struct box {
  double lon[2], lat[2];
};

static fq_json *table;
static struct row *rows;
static size_t count, next;
static struct box from, to;

/* Is `word` one of the words of `list`, which are `length` long each, separated by ' '? */
static bool among(const char *list, const char *word) {
  size_t n = strlen(word);
  for (const char *p = list; *p; p += strcspn(p, " "), p += *p == ' ')
    if (strcspn(p, " ") == n && !strncmp(p, word, n)) return true;
  return false;
}

/* The value of `key` in "key=value,key=value"; false: not there. */
static bool pair(const char *list, const char *key, char *out, size_t cap) {
  size_t n = strlen(key);
  for (const char *p = list; p && *p; p += strcspn(p, ","), p += *p == ',') {
    if (strncmp(p, key, n) != 0 || p[n] != '=') continue;
    snprintf(out, cap, "%.*s", (int)strcspn(p + n + 1, ","), p + n + 1);
    return true;
  }
  return false;
}

static bool find_columns(const char *path, char names[COLUMN_COUNT][FQ_ID_MAX], struct fq_error *e) {
  for (int c = 0; c < COLUMN_COUNT; c++) {
    names[c][0] = '\0';
    if (pair(opt.columns, column_names[c], names[c], FQ_ID_MAX)) continue;
    fq_json_each(cell, fq_json_first(table)) {
      const char *name = fq_json_name(cell);
      if (!names[c][0] && among(column_usual[c], name)) fq_copy(names[c], FQ_ID_MAX, name);
    }
  }
  static const enum column needed[] = {COLUMN_TIME, COLUMN_LON, COLUMN_LAT, COLUMN_TITLE};
  for (size_t k = 0; k < sizeof needed / sizeof *needed; k++) {
    const char *name = names[needed[k]];
    if (*name && fq_json_get(fq_json_first(table), name)) continue;
    fq_fail(e, FQ_E_PARAMS, "stream.column", path, "不知道哪一列是 %s,请用 --columns %s=…(%s)",
            "which column is %s? say --columns %s=... (%s is not one)", column_names[needed[k]],
            column_names[needed[k]], *name ? name : "-");
    return false;
  }
  return true;
}

/* RFC 3339, or the same with a space and without a zone. */
static int64_t time_of(const char *text) {
  char t[64];
  int64_t ms = fq_time_parse(text);
  size_t n = strlen(text);
  if (ms >= 0 || n < 10 || n > 30) return ms;
  snprintf(t, sizeof t, "%.30s%s", text, n == 10 ? "T00:00:00Z" : "Z");
  if (t[10] == ' ') t[10] = 'T';
  return fq_time_parse(t);
}

/* "Fire=fire,EMS=elder": the first whose left side the row's category (or title) begins with, whatever the
 * case. */
static const char *category_of(const char *said, char out[FQ_ID_MAX]) {
  for (const char *p = opt.categories; p && *p; p += strcspn(p, ","), p += *p == ',') {
    size_t left = strcspn(p, "=,");
    if (p[left] != '=' || strncasecmp(p, said, left) != 0) continue;
    snprintf(out, FQ_ID_MAX, "%.*s", (int)strcspn(p + left + 1, ","), p + left + 1);
    return out;
  }
  return "other";
}

static int by_time(const void *a, const void *b) {
  const struct row *x = a, *y = b;
  return x->at_ms != y->at_ms ? (x->at_ms < y->at_ms ? -1 : 1) : (x->order < y->order ? -1 : 1);
}

static int rising(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Without the outermost hundredth on either side. */
static void span(double *values, size_t n, double out[2]) {
  qsort(values, n, sizeof *values, rising);
  out[0] = values[n / 100];
  out[1] = values[n - 1 - n / 100];
}

static void measure(struct box *b) {
  double *v = fq_alloc(count * sizeof *v);
  for (size_t i = 0; i < count; i++)
    v[i] = rows[i].lon;
  span(v, count, b->lon);
  for (size_t i = 0; i < count; i++)
    v[i] = rows[i].lat;
  span(v, count, b->lat);
  free(v);
}

bool stream_read(const char *path, struct fq_error *e) {
  char names[COLUMN_COUNT][FQ_ID_MAX];
  int64_t skipped = 0;
  if (!(table = csv_read(path, e)) || !find_columns(path, names, e)) return false;
  rows = fq_alloc((fq_json_size(table) + 1) * sizeof *rows);
  fq_json_each(line, table) {
    struct row r = {.title = fq_json_str(line, names[COLUMN_TITLE]),
                    .text = fq_json_str(line, names[COLUMN_TEXT])};
    const char *time = fq_json_str(line, names[COLUMN_TIME]), *lon = fq_json_str(line, names[COLUMN_LON]),
               *lat = fq_json_str(line, names[COLUMN_LAT]);
    r.category = fq_json_str(line, names[COLUMN_CATEGORY]);
    r.at_ms = time ? time_of(time) : -1;
    char *end_lon = NULL, *end_lat = NULL;
    r.lon = lon ? strtod(lon, &end_lon) : NAN;
    r.lat = lat ? strtod(lat, &end_lat) : NAN;
    if (r.at_ms < 0 || !r.title || !*r.title || end_lon == lon || end_lat == lat) {
      skipped++;
      continue;
    }
    r.order = count;
    rows[count++] = r;
  }
  if (!count) {
    fq_fail(e, FQ_E_PARAMS, "stream.empty", path, "没有一行带时间、经纬度和标题%s",
            "no row has a time, a place and a title%s", "");
    return false;
  }
  if (skipped && !opt.quiet)
    fprintf(stderr, "fengqiao load: %lld 行没有时间、位置或标题 / rows without a time, a place or a title\n",
            (long long)skipped);
  qsort(rows, count, sizeof *rows, by_time);
  measure(&from);
  return true;
}

int64_t stream_count(void) {
  return (int64_t)count;
}

/* When the next row is due, µs from the start; -1: there is none. */
int64_t stream_due_us(void) {
  if (next == count) return -1;
  return (int64_t)((double)(rows[next].at_ms - rows[0].at_ms) * 1e3 / opt.speed);
}

static double laid_over(double v, const double was[2], const double is[2]) {
  double part = was[1] > was[0] ? (v - was[0]) / (was[1] - was[0]) : 0.5;
  return is[0] + (is[1] - is[0]) * fmin(1, fmax(0, part));
}

/* As many bytes of `text` as `characters` take. */
static char *shortened(const char *text, size_t characters) {
  size_t n = 0;
  for (size_t c = 0; text[n] && (c < characters || ((unsigned char)text[n] & 0xc0) == 0x80); n++)
    c += ((unsigned char)text[n + 1] & 0xc0) != 0x80;
  return fq_printf("%.*s", (int)n, text);
}

/* The next report, without its reporter; where it lies is told as well. */
fq_json *stream_next(double *lon, double *lat) {
  const struct row *r = &rows[next++];
  char code[FQ_ID_MAX], *title = shortened(r->title, 200), *text = r->text ? shortened(r->text, 3000) : NULL;
  demo_box(to.lon, to.lat);
  *lon = laid_over(r->lon, from.lon, to.lon);
  *lat = laid_over(r->lat, from.lat, to.lat);
  fq_json *p = fq_json_object();
  fq_json_set_str(p, "category", category_of(r->category ? r->category : r->title, code));
  fq_json_set_str(p, "title", title);
  if (text && *text) fq_json_set_str(p, "text", text);
  free(title);
  free(text);
  return p;
}

void stream_end(void) {
  fq_json_free(table);
  free(rows);
}
