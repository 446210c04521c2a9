/*
 * duplicates.c - which open incidents a report may be the second telling of: near, soon after, of the same
 * kind, in like words. Candidates come from a table of open incidents by place, a few of each cell; they
 * alone are compared. Kernel thread (reports, views) and reader threads (queries).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "merge/merge.h"
#include "search/bigrams.h"

/* ---- where they are ---------------------------------------------------------------------------------- */

/* A cell is a hundredth of a degree, about 1.1 km: the four around a place hold everything within 400 m of it
 * (up to 44 degrees of latitude, which is all but the far north). A grid is a cell too, with a negative
 * number: some reports know no more. */
#define CELLS      100.0
#define CELLS_LON  36000
#define MOST_CELLS 5

static int64_t cell(double lon, double lat, int east, int north) {
  return ((int64_t)floor((lat + 90) * CELLS) + north) * CELLS_LON + (int64_t)floor((lon + 180) * CELLS) +
         east;
}

static int64_t grid_cell(const char *grid) {
  uint64_t h = 14695981039346656037u; /* FNV-1a; the grid itself is compared afterwards */
  for (const char *p = grid; *p; p++)
    h = (h ^ (unsigned char)*p) * 1099511628211u;
  return -(int64_t)(h >> 2) - 1;
}

static size_t cells_around(double lon, double lat, const char *grid, int64_t out[MOST_CELLS]) {
  size_t n = 0;
  if (!isnan(lon)) {
    double x = (lon + 180) * CELLS, y = (lat + 90) * CELLS;
    int east = x - floor(x) < 0.5 ? -1 : 1, north = y - floor(y) < 0.5 ? -1 : 1;
    out[n++] = cell(lon, lat, 0, 0);
    out[n++] = cell(lon, lat, east, 0);
    out[n++] = cell(lon, lat, 0, north);
    out[n++] = cell(lon, lat, east, north);
  }
  if (grid && *grid) out[n++] = grid_cell(grid);
  return n;
}

static void enter(fq_db *db, int64_t n, double lon, double lat, const char *grid) {
  static const char put[] = "INSERT OR IGNORE INTO dup_cell(cell, n) VALUES(?1, ?2)";
  if (!isnan(lon)) fq_exec(db, put, "ii", cell(lon, lat, 0, 0), n);
  if (grid) fq_exec(db, put, "ii", grid_cell(grid), n);
}

static bool where(fq_db *db, int64_t n, double *lon, double *lat, char grid[FQ_ID_MAX]) {
  fq_stmt *q = fq_sql(db, "SELECT lon, lat, org FROM incident WHERE n = ?1", "i", n);
  if (!fq_row(q)) return false;
  *lon = fq_col_null(q, 0) ? NAN : fq_col_num(q, 0);
  *lat = fq_col_null(q, 1) ? NAN : fq_col_num(q, 1);
  dp_text(grid, FQ_ID_MAX, fq_col_str(q, 2));
  fq_done(q);
  return true;
}

void dp_dup_enter(fq_db *db, int64_t n) {
  double lon, lat;
  char grid[FQ_ID_MAX];
  if (where(db, n, &lon, &lat, grid)) enter(db, n, lon, lat, grid);
}

void dp_dup_leave(fq_db *db, int64_t n) {
  double lon, lat;
  char grid[FQ_ID_MAX];
  if (!where(db, n, &lon, &lat, grid)) return;
  fq_exec(db, "DELETE FROM dup_cell WHERE n = ?3 AND (cell = ?1 OR cell = ?2)", "iii", grid_cell(grid),
          isnan(lon) ? grid_cell(grid) : cell(lon, lat, 0, 0), n);
}

enum fq_status dp_apply_dup_reported(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *place = fq_json_get(e->data, "place");
  enter(a->db, dp_id_n(e->subject, 'i'), fq_json_num(place, "lon", NAN), fq_json_num(place, "lat", NAN),
        fq_json_str(e->data, "grid"));
  return FQ_OK;
}

/* ---- how like they are ------------------------------------------------------------------------------- */

/* What is asked about: a report that has come in, or one still being written down. */
struct probe {
  int64_t n; /* itself: never its own duplicate; 0 for a draft */
  double lon, lat;
  int64_t at_ms;
  const char *category, *grid, *reporter;
  struct dp_bag words;
};
struct likely {
  int64_t n, apart_ms;
  int score; /* 0 .. 100 */
  double distance_m, likeness;
  enum { OTHER, RELATED, SAME } category;
  bool same_reporter;
};
enum { MOST_LIKELY = 20 };
struct found {
  size_t count;
  struct likely rows[MOST_LIKELY]; /* best first */
};

/* Codes with dots are a tree: fire.forest and fire.house are related, by the part before the first dot. */
static int same_category(const char *a, const char *b) {
  if (!strcmp(a, b)) return SAME;
  size_t x = strcspn(a, "."), y = strcspn(b, ".");
  return x == y && !memcmp(a, b, x) ? RELATED : OTHER;
}

/* Words weigh most: what people say of one thing is more alike than where a phone believes to be. In the same
 * grid, with no place known, counts as halfway out. */
static double score_of(const struct dp_self *self, const struct likely *l) {
  double near = isnan(l->distance_m) ? 0.5 : 1 - l->distance_m / (double)self->dup_m;
  double soon = 1 - (double)l->apart_ms / (double)self->dup_ms;
  double kind = l->category == SAME ? 1 : l->category == RELATED ? 0.5 : 0;
  return 40 * l->likeness + 25 * near + 15 * soon + 20 * kind;
}

static void keep(struct found *f, const struct likely *l) {
  size_t at = f->count;
  while (at > 0 && (f->rows[at - 1].score < l->score ||
                    (f->rows[at - 1].score == l->score && f->rows[at - 1].n < l->n)))
    at--;
  if (at == MOST_LIKELY) return;
  if (f->count < MOST_LIKELY) f->count++;
  memmove(f->rows + at + 1, f->rows + at, (f->count - at - 1) * sizeof *l);
  f->rows[at] = *l;
}

/* The newest `each` of every cell around. Those that could not reach `least` with the very same words are not
 * read. */
static void find(fq_db *db, const struct dp_self *self, const struct probe *p, int each, int least,
                 struct found *f) {
  int64_t cells[MOST_CELLS];
  size_t count = cells_around(p->lon, p->lat, p->grid, cells);
  f->count = 0;
  for (size_t k = 0; k < count; k++) {
    fq_stmt *q =
        fq_sql(db,
               "SELECT i.n, lon, lat, occurred_ms, category, org, reporter, title, text FROM dup_cell d"
               " JOIN incident i ON i.n = d.n WHERE d.cell = ?1 ORDER BY d.n DESC LIMIT ?2",
               "ii", cells[k], (int64_t)each);
    while (fq_row(q)) {
      struct likely l = {.n = fq_col_int(q, 0), .likeness = 1, .distance_m = NAN};
      if (l.n == p->n) continue;
      /* By the grid come those of which one of the two knows no more; the others came by their cell. */
      if (cells[k] < 0 && ((!isnan(p->lon) && !fq_col_null(q, 1)) || strcmp(fq_col_str(q, 5), p->grid)))
        continue;
      if (!isnan(p->lon) && !fq_col_null(q, 1))
        l.distance_m = fq_distance_m(p->lon, p->lat, fq_col_num(q, 1), fq_col_num(q, 2));
      l.apart_ms = llabs(p->at_ms - fq_col_int(q, 3));
      if (l.distance_m > (double)self->dup_m || l.apart_ms > self->dup_ms) continue; /* NAN is not > */
      l.category = same_category(p->category, fq_col_str(q, 4));
      if (score_of(self, &l) < least) continue;
      struct dp_bag words;
      dp_bag_of(fq_col_str(q, 7), fq_col_str(q, 8), &words);
      l.likeness = dp_bag_likeness(&p->words, &words);
      l.score = (int)lround(score_of(self, &l));
      l.same_reporter = p->reporter && !strcmp(p->reporter, fq_col_str(q, 6));
      if (l.score >= least) keep(f, &l);
    }
  }
}

static fq_json *likely_json(fq_db *db, const struct likely *l) {
  static const char *const categories[] = {"other", "related", "same"};
  char id[FQ_ID_MAX];
  fq_json *j = fq_json_object();
  dp_id_make(id, 'i', l->n);
  fq_json_set_str(j, "id", id);
  fq_stmt *q = fq_sql(db, "SELECT number, title, state, category FROM incident WHERE n = ?1", "i", l->n);
  while (fq_row(q)) {
    fq_json_set_int(j, "number", fq_col_int(q, 0));
    fq_json_set_str(j, "title", fq_col_str(q, 1));
    fq_json_set_str(j, "state", fq_col_str(q, 2));
    fq_json_set_str(j, "category", fq_col_str(q, 3));
  }
  fq_json_set_int(j, "score", l->score);
  if (!isnan(l->distance_m)) fq_json_set_int(j, "distance_m", llround(l->distance_m));
  fq_json_set_int(j, "apart_ms", l->apart_ms);
  fq_json_set_str(j, "same_category", categories[l->category]);
  fq_json_set_num(j, "likeness", round(l->likeness * 100) / 100);
  if (l->same_reporter) fq_json_set_bool(j, "same_reporter", true);
  return j;
}

/* ---- told after the report ------------------------------------------------------------------------------
 */

enum { HOT_EACH = 4, TOLD = 3 };

/* Whoever hears of a report need not see what happened across the border of its grid: of that he is told the
 * number, and asks. */
static void not_across(fq_db *db, const char *org, fq_json *row) {
  static const char *const members[] = {"title", "state", "category"};
  if (fq_int(db, 0, "SELECT org = ?2 FROM incident WHERE n = ?1", "is", dp_id_n(fq_json_str(row, "id"), 'i'),
             org))
    return;
  for (size_t k = 0; k < sizeof members / sizeof *members; k++)
    fq_json_free(fq_json_detach(row, members[k]));
}

/* The desk is told only where the place is known to both: a whole grid of like reports is no news. */
enum fq_status dp_suggest(struct fq_call *c, const struct fq_entry *e) {
  const struct dp_self *self = c->self;
  const fq_json *d = e->data, *place = fq_json_get(d, "place");
  if (!place || self->dup_score > 100) return FQ_OK;
  struct probe p = {.n = dp_id_n(e->subject, 'i'),
                    .lon = fq_json_num(place, "lon", NAN),
                    .lat = fq_json_num(place, "lat", NAN),
                    .at_ms = fq_time_parse(fq_json_str(d, "occurred_at")),
                    .category = fq_json_str(d, "category"),
                    .reporter = e->actor};
  struct found f;
  dp_bag_of(fq_json_str(d, "title"), fq_json_str(d, "text"), &p.words);
  find(c->db, self, &p, HOT_EACH, (int)self->dup_score, &f);
  if (!f.count) return FQ_OK;
  fq_json *data = fq_json_object(), *rows = fq_json_array();
  for (size_t k = 0; k < f.count && k < TOLD; k++) {
    fq_json *row = likely_json(c->db, &f.rows[k]);
    not_across(c->db, e->org, row);
    fq_json_push(rows, row);
  }
  fq_json_set_int(data, "number", fq_json_int(d, "number", 0));
  fq_json_set_int(data, "score", f.rows[0].score);
  fq_json_set(data, "rows", rows);
  return fq_emit(c, (struct fq_draft){
                        .kind = "duplicate.suggested", .subject = e->subject, .org = e->org, .data = data});
}

enum fq_status dp_apply_suggested(struct fq_apply *a, const struct fq_entry *e) {
  (void)a;
  (void)e;
  return FQ_OK; /* for those who hear it; asked again, it is computed anew */
}

/* ---- asked ------------------------------------------------------------------------------------------------
 */

enum { ASKED_EACH = 64, ASKED_LEAST = 40 };

static fq_json *rows_of(fq_db *db, const struct fq_actor *seen_by, const struct found *f, size_t limit) {
  fq_json *rows = fq_json_array();
  for (size_t k = 0; k < f->count && fq_json_size(rows) < limit; k++) {
    struct dp_incident i;
    char id[FQ_ID_MAX];
    dp_id_make(id, 'i', f->rows[k].n);
    if (seen_by && (!dp_incident_load(db, id, &i) || !dp_may_see(db, seen_by, &i))) continue;
    fq_json_push(rows, likely_json(db, &f->rows[k]));
  }
  return rows;
}

static void about(fq_db *db, const struct dp_self *self, const struct dp_incident *i, struct found *f) {
  struct probe p = {.n = i->n,
                    .lon = i->lon,
                    .lat = i->lat,
                    .at_ms = i->at_ms[DP_M_OCCURRED],
                    .category = i->category,
                    .grid = i->org,
                    .reporter = i->reporter};
  fq_stmt *q = fq_sql(db, "SELECT title, text FROM incident WHERE n = ?1", "i", i->n);
  while (fq_row(q))
    dp_bag_of(fq_col_str(q, 0), fq_col_str(q, 1), &p.words);
  find(db, self, &p, ASKED_EACH, ASKED_LEAST, f);
}

enum fq_status dp_incident_duplicates(struct fq_query *q) {
  struct dp_incident i;
  struct found f;
  enum fq_status s = dp_incident_seen(q, "id", &i);
  if (s != FQ_OK) return s;
  about(q->db, q->self, &i, &f);
  fq_json_set(q->result, "rows", rows_of(q->db, q->actor, &f, (size_t)fq_json_int(q->params, "limit", 10)));
  return FQ_OK;
}

enum fq_status dp_incident_similar(struct fq_query *q) {
  const fq_json *d = q->params, *place = fq_json_get(d, "place");
  const char *at = fq_json_str(d, "occurred_at"), *grid = fq_json_str(d, "grid");
  char around[FQ_ID_MAX];
  struct found f;
  struct probe p = {.lon = fq_json_num(place, "lon", NAN),
                    .lat = fq_json_num(place, "lat", NAN),
                    .at_ms = at ? fq_time_parse(at) : q->now_ms,
                    .category = fq_json_str(d, "category"),
                    .reporter = q->actor->name};
  if (!grid && place && fq_org_grid_at(q->db, p.lon, p.lat, around)) grid = around;
  if (!grid && !place)
    return fq_fail(q->error, FQ_E_PARAMS, "place.missing", "params.place", "查找相似事件须带位置或网格",
                   "a place or a grid is needed to look for the same thing");
  p.grid = grid;
  dp_bag_of(fq_json_str(d, "title"), fq_json_str(d, "text"), &p.words);
  find(q->db, q->self, &p, ASKED_EACH, ASKED_LEAST, &f);
  fq_json_set(q->result, "rows", rows_of(q->db, q->actor, &f, (size_t)fq_json_int(d, "limit", 10)));
  return FQ_OK;
}

enum fq_status dp_view_duplicates(struct fq_view *v) {
  struct dp_incident i;
  struct found f;
  if (!dp_incident_load(v->db, dp_view_subject(v), &i)) return FQ_OK;
  about(v->db, v->self, &i, &f);
  v->answer = rows_of(v->db, NULL, &f, MOST_LIKELY);
  return FQ_OK;
}
