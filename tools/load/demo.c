/*
 * The demo's life: what is reported (texts from the pack), where (near the grids' centres), and officers who
 * move about. Chooses nothing else: who answers is officer.c's matter.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

#define METRE_DEG (1 / 111320.0)

struct place {
  double lon, lat;
};

/* Where an officer is, and where he is walking to. */
struct walk {
  struct place at, to;
  double battery;
};

static fq_json *texts;
static struct fq_map *grids; /* id -> struct place */
static struct walk *walks;
static bool asked;
static int next_walker;

bool demo_read(const char *path, struct fq_error *e) {
  texts = csv_read(path, e);
  if (!texts) return false;
  const fq_json *first = fq_json_first(texts);
  if (first && fq_json_str(first, "category") && fq_json_str(first, "title_zh")) return true;
  fq_fail(e, FQ_E_PARAMS, "demo.csv", path, "应有 category,title_zh,text_zh,level 各列%s",
          "expected the columns category,title_zh,text_zh,level%s", "");
  return false;
}

static void on_tree(struct terminal *t, struct request *r, const fq_json *result, const fq_json *error) {
  if (error) stats_error(error);
  if (!result) {
    asked = false; /* the next one that opens asks again */
    return;
  }
  fq_json_each(unit, fq_json_get(result, "units")) {
    const char *kind = fq_json_str(unit, "kind"), *id = fq_json_str(unit, "id");
    struct place p = {fq_json_num(unit, "lon", NAN), fq_json_num(unit, "lat", NAN)};
    if (!kind || !id || isnan(p.lon) || isnan(p.lat)) continue;
    struct place *copy = fq_alloc(sizeof *copy);
    *copy = p;
    if (fq_map_get(grids, id))
      free(copy);
    else
      fq_map_put(&grids, id, copy);
  }
}

void demo_opened(struct terminal *t) {
  if ((!opt.demo && !opt.stream) || asked) return;
  char county[7];
  fq_copy(county, sizeof county, t->account->org); /* division codes begin with the county's six digits */
  fq_json *p = fq_json_object();
  fq_json_set_str(p, "root", county);
  fq_json_set_str(p, "kind", "grid");
  asked = terminal_ask(t, "org.tree", p, false, net_now_us(), on_tree, NULL) != NULL;
}

bool demo_ready(void) {
  return grids != NULL;
}

bool demo_grid(const char *org, double *lon, double *lat) {
  const struct place *p = fq_map_get(grids, org);
  if (!p) return false;
  *lon = p->lon;
  *lat = p->lat;
  return true;
}

void demo_box(double lon[2], double lat[2]) {
  lon[0] = lat[0] = INFINITY;
  lon[1] = lat[1] = -INFINITY;
  for (struct fq_map *i = grids; i; i = fq_map_next(i)) {
    const struct place *p = fq_map_value(i);
    lon[0] = fmin(lon[0], p->lon);
    lon[1] = fmax(lon[1], p->lon);
    lat[0] = fmin(lat[0], p->lat);
    lat[1] = fmax(lat[1], p->lat);
  }
}

static struct place near(const struct place *p, double within_m) {
  double angle = chance() * 2 * M_PI, m = sqrt(chance()) * within_m;
  return (struct place){p->lon + cos(angle) * m * METRE_DEG / cos(p->lat * M_PI / 180),
                        p->lat + sin(angle) * m * METRE_DEG};
}

static double rounded(double degrees) {
  return round(degrees * 1e6) / 1e6; /* 0.1 m */
}

static fq_json *place_json(const struct place *p, double acc_m) {
  fq_json *j = fq_json_object();
  fq_json_set_num(j, "lon", rounded(p->lon));
  fq_json_set_num(j, "lat", rounded(p->lat));
  fq_json_set_num(j, "acc", acc_m);
  return j;
}

fq_json *demo_report(const struct terminal *t) {
  const struct place *grid = fq_map_get(grids, t->account->org);
  size_t count = fq_json_size(texts);
  if (!grid || !count) return NULL;
  const fq_json *row = fq_json_first(texts);
  for (int64_t skip = chance_below((int64_t)count); skip > 0 && fq_json_next(row); skip--)
    row = fq_json_next(row);
  const char *level = fq_json_str(row, "level"), *text = fq_json_str(row, "text_zh");
  fq_json *p = fq_json_object();
  struct place at = near(grid, 350);
  fq_json_set_str(p, "category", fq_json_str(row, "category"));
  fq_json_set_str(p, "title", fq_json_str(row, "title_zh"));
  if (text && *text) fq_json_set_str(p, "text", text);
  if (level && strchr("1234", *level) && *level) fq_json_set_int(p, "level", *level - '0');
  fq_json_set(p, "place", place_json(&at, 8 + (double)chance_below(20)));
  return p;
}

/* ---- positions --------------------------------------------------------------------------------------------
 */

static double distance_m(const struct place *a, const struct place *b) {
  double x = (b->lon - a->lon) * cos(a->lat * M_PI / 180), y = b->lat - a->lat;
  return sqrt(x * x + y * y) / METRE_DEG;
}

/* Towards his goal at the speed of a motorcycle in a village; there he stays or finds another. */
static void step(struct walk *w, const struct place *home, double seconds, double *speed, double *heading) {
  double left = distance_m(&w->at, &w->to), reach = 4 * seconds;
  *speed = 0;
  *heading = 0;
  if (left < 5) {
    if (chance() < 0.3) w->to = near(home, 1200);
    return;
  }
  double part = left < reach ? 1 : reach / left;
  double x = (w->to.lon - w->at.lon) * cos(w->at.lat * M_PI / 180), y = w->to.lat - w->at.lat;
  *heading = fmod(atan2(x, y) * 180 / M_PI + 360, 360);
  *speed = left * part / seconds;
  w->at.lon += (w->to.lon - w->at.lon) * part;
  w->at.lat += (w->to.lat - w->at.lat) * part;
}

static void send_position(struct terminal *t, struct walk *w) {
  const struct place *home = fq_map_get(grids, t->account->org);
  double speed, heading;
  char now[32];
  if (!home) return;
  if (w->at.lon == 0) {
    w->at = near(home, 600);
    w->to = near(home, 1200);
    w->battery = 0.3 + 0.7 * chance();
  }
  step(w, home, opt.positions_every_s, &speed, &heading);
  w->battery -= 0.0003;
  if (w->battery < 0.05) w->battery = 1;
  fq_time_format(net_wall_ms(), now);
  fq_json *p = place_json(&w->at, 5 + (double)chance_below(15));
  fq_json_set_str(p, "at", now);
  fq_json_set_num(p, "speed", round(speed * 10) / 10);
  fq_json_set_num(p, "heading", round(heading));
  fq_json_set_num(p, "battery", round(w->battery * 100));
  terminal_notify(t, "position.update", p);
}

/* A part of the officers each time, so that everybody has had his turn after opt.positions_every_s. */
static void some_positions(void *arg) {
  static double due;
  for (due += terminal_count / (opt.positions_every_s * 10); due >= 1; due--) {
    struct terminal *t = &terminals[next_walker];
    if (t->first && t->phase == PHASE_OPEN && t->account->role == ROLE_OFFICER)
      send_position(t, &walks[next_walker]);
    next_walker = (next_walker + 1) % terminal_count;
  }
}

void demo_positions_start(void) {
  if (opt.positions_every_s <= 0 || !opt.demo) return;
  walks = fq_alloc((size_t)terminal_count * sizeof *walks);
  net_every(100000, some_positions, NULL);
}

void demo_end(void) {
  fq_json_free(texts);
  fq_map_clear(&grids, free);
  free(walks);
}
