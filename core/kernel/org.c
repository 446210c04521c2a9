/*
 * The org tree as a module: units, their places, and which grid a place lies in. Kernel thread, which keeps a
 * copy of the tree in memory; lookups also on reader threads, which ask the table.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/internal.h"

static const char *const migrations[] = {
    "CREATE TABLE org(id TEXT PRIMARY KEY, parent TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, "
    "path TEXT NOT NULL,"
    " lon REAL, lat REAL, valid_from TEXT, valid_to TEXT) WITHOUT ROWID;"
    "CREATE INDEX org_parent ON org(parent, id);"
    "CREATE INDEX org_grid ON org(lat, lon) WHERE kind = 'grid' AND valid_to IS NULL;",
    NULL};

/* ---- the copy in memory ---------------------------------------------------------------------------
 *
 * Asked of the table, units, paths and the grid around a place were a tenth of a report's instructions (the
 * grid alone 6 %). The copy is of committed rows only: from the first change of a unit until the end of its
 * tick, committed or not, the table is asked instead, and then the copy is made anew. So nothing that is
 * rolled back can stay in it.
 */
struct node {
  struct fq_unit unit;
  char *path;
};
struct grid {
  double lat, lon;
  const char *id;
};
struct tree {
  bool loaded, moved; /* moved: a unit has changed in this tick */
  struct node *nodes;
  struct fq_map *by_id; /* -> node */
  struct grid *grids;   /* those in use, from south to north */
  size_t count, cap, grid_count;
};

static double number_or_nan(fq_stmt *q, int column) {
  return fq_col_null(q, column) ? NAN : fq_col_num(q, column);
}

static void read_unit(fq_stmt *q, struct fq_unit *out) {
  *out = (struct fq_unit){.lon = number_or_nan(q, 4), .lat = number_or_nan(q, 5)};
  fq_copy(out->id, sizeof out->id, fq_col_str(q, 0));
  fq_copy(out->parent, sizeof out->parent, fq_col_str(q, 1));
  fq_copy(out->kind, sizeof out->kind, fq_col_str(q, 2));
  fq_copy(out->name, sizeof out->name, fq_col_str(q, 3));
}

static void forget(struct tree *t) {
  for (size_t i = 0; i < t->count; i++)
    free(t->nodes[i].path);
  fq_map_clear(&t->by_id, NULL);
  free(t->nodes);
  free(t->grids);
  *t = (struct tree){.moved = t->moved};
}

static int southern(const void *a, const void *b) {
  const struct grid *x = a, *y = b;
  if (x->lat != y->lat) return x->lat < y->lat ? -1 : 1;
  return x->lon != y->lon ? (x->lon < y->lon ? -1 : 1) : strcmp(x->id, y->id);
}

static void load(struct tree *t, fq_db *db) {
  fq_stmt *q = fq_sql(
      db,
      "SELECT id, parent, kind, name, lon, lat, path,"
      " kind = 'grid' AND valid_to IS NULL AND lat IS NOT NULL AND lon IS NOT NULL FROM org ORDER BY id",
      "");
  bool *in_use = NULL;
  while (fq_row(q)) {
    if (t->count == t->cap) {
      t->cap = t->cap ? 2 * t->cap : 256;
      t->nodes = fq_realloc(t->nodes, t->cap * sizeof *t->nodes);
      in_use = fq_realloc(in_use, t->cap * sizeof *in_use);
    }
    struct node *n = &t->nodes[t->count];
    read_unit(q, &n->unit);
    n->path = fq_strdup(fq_col_str(q, 6));
    in_use[t->count++] = fq_col_int(q, 7) != 0;
  }
  t->grids = fq_alloc((t->count + 1) * sizeof *t->grids);
  for (size_t i = 0; i < t->count; i++) {
    const struct fq_unit *u = &t->nodes[i].unit;
    fq_map_put(&t->by_id, u->id, &t->nodes[i]);
    if (in_use[i]) t->grids[t->grid_count++] = (struct grid){.lat = u->lat, .lon = u->lon, .id = u->id};
  }
  free(in_use);
  qsort(t->grids, t->grid_count, sizeof *t->grids, southern);
  if (fq_failed(db))
    forget(t);
  else
    t->loaded = true;
}

/* NULL: ask the table. */
static struct tree *tree_of(fq_db *db) {
  struct tree *t = fq_db_user(db);
  if (!t || t->moved) return NULL;
  if (!t->loaded) load(t, db);
  return t->loaded ? t : NULL;
}

void fq_org_settled(fq_db *db) {
  struct tree *t = fq_db_user(db);
  if (!t || !t->moved) return;
  forget(t);
  t->moved = false;
}

static enum fq_status init(void *self, fq_kernel *k, struct fq_error *e) {
  fq_db_set_user(k->db, fq_alloc(sizeof(struct tree)));
  return FQ_OK;
}

static void fini(void *self) {
  fq_kernel *k = self;
  struct tree *t = fq_db_user(k->db);
  if (!t) return;
  forget(t);
  free(t);
  fq_db_set_user(k->db, NULL);
}

/* ---- lookups -------------------------------------------------------------------------------------- */

bool fq_org_path(fq_db *db, const char *org, char out[512]) {
  struct tree *t = tree_of(db);
  if (t) {
    const struct node *n = fq_map_get(t->by_id, org);
    fq_copy(out, 512, n ? n->path : "");
    return n != NULL;
  }
  fq_stmt *q = fq_sql(db, "SELECT path FROM org WHERE id = ?", "s", org);
  bool found = fq_row(q);
  fq_copy(out, 512, found ? fq_col_str(q, 0) : "");
  if (found) fq_done(q);
  return found;
}

bool fq_org_within(fq_db *db, const char *org, const char *ancestor) {
  char part[FQ_ID_MAX + 2], path[512];
  if (!fq_org_path(db, org, path)) return false;
  if (!strcmp(org, ancestor)) return true;
  snprintf(part, sizeof part, "/%s/", ancestor);
  return ancestor[0] && strstr(path, part);
}

bool fq_org_unit(fq_db *db, const char *org, struct fq_unit *out) {
  struct tree *t = tree_of(db);
  if (t) {
    const struct node *n = fq_map_get(t->by_id, org);
    if (n) *out = n->unit;
    return n != NULL;
  }
  fq_stmt *q = fq_sql(db, "SELECT id, parent, kind, name, lon, lat FROM org WHERE id = ?", "s", org);
  if (!fq_row(q)) return false;
  read_unit(q, out);
  fq_done(q);
  return true;
}

#define BAND_MAX     1.62     /* degrees: further from every grid, a place lies in none */
#define METRES_A_DEG 111000.0 /* of latitude, rounded down */

/* From the place's own latitude to the south and to the north, until what comes is farther off by latitude
 * alone than the best found. */
static bool grid_in_memory(const struct tree *t, double lon, double lat, char out[FQ_ID_MAX]) {
  size_t low = 0, high = t->grid_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (t->grids[middle].lat < lat)
      low = middle + 1;
    else
      high = middle;
  }
  double best = BAND_MAX * METRES_A_DEG;
  const struct grid *found = NULL;
  size_t north = low, south = low; /* grids[south - 1] is the next one there */
  while (north < t->grid_count || south > 0) {
    double up = north < t->grid_count ? t->grids[north].lat - lat : INFINITY;
    double down = south > 0 ? lat - t->grids[south - 1].lat : INFINITY;
    if (fmin(up, down) * METRES_A_DEG > best) break;
    const struct grid *g = up <= down ? &t->grids[north++] : &t->grids[--south];
    double d = fq_distance_m(lon, lat, g->lon, g->lat);
    /* At the same distance the southern one, as the table's index has it. */
    if (d < best || (d == best && (!found || g < found))) best = d, found = g;
  }
  if (found) fq_copy(out, FQ_ID_MAX, found->id);
  return found;
}

/* The nearest grid centre. In the table: the band of latitude grows until the best found is nearer than its
 * edge. */
bool fq_org_grid_at(fq_db *db, double lon, double lat, char out[FQ_ID_MAX]) {
  struct tree *t = tree_of(db);
  if (t) return grid_in_memory(t, lon, lat, out);
  for (double band = 0.02; band <= 2; band *= 3) { /* 0.02 degrees: 2.2 km, some thirty grids of a county */
    double best = INFINITY;
    fq_stmt *q = fq_sql(
        db, "SELECT id, lon, lat FROM org WHERE kind = 'grid' AND valid_to IS NULL AND lat BETWEEN ? AND ?",
        "dd", lat - band, lat + band);
    while (fq_row(q)) {
      double d = fq_distance_m(lon, lat, fq_col_num(q, 1), fq_col_num(q, 2));
      if (d < best) best = d, fq_copy(out, FQ_ID_MAX, fq_col_str(q, 0));
    }
    if (best <= band * METRES_A_DEG) return true;
  }
  return false;
}

static enum fq_status apply_unit(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  const char *id = fq_json_str(d, "id"), *parent = fq_json_str(d, "parent");
  char path[512], above[450] = "/";
  struct tree *t = fq_db_user(a->db);
  if (t) t->moved = true;
  if (!parent) parent = "";
  fq_stmt *q = fq_sql(a->db, "SELECT path FROM org WHERE id = ?", "s", parent);
  if (fq_row(q)) {
    fq_copy(above, sizeof above, fq_col_str(q, 0));
    fq_done(q);
  }
  snprintf(path, sizeof path, "%s%s/", above, id);
  const fq_json *lon = fq_json_get(d, "lon"), *lat = fq_json_get(d, "lat");
  char old[512] = "";
  q = fq_sql(a->db, "SELECT path FROM org WHERE id = ?", "s", id);
  if (fq_row(q)) {
    fq_copy(old, sizeof old, fq_col_str(q, 0));
    fq_done(q);
  }
  fq_exec(a->db,
          "INSERT OR REPLACE INTO org(id, parent, kind, name, path, lon, lat, valid_from, valid_to) "
          "VALUES(?,?,?,?,?,"
          " CASE WHEN ? THEN ? END, CASE WHEN ? THEN ? END, ?, ?)",
          "sssssididss", id, parent, fq_json_str(d, "kind"), fq_json_str(d, "name"), path,
          (int64_t)(lon != NULL), fq_json_as_num(lon, 0), (int64_t)(lat != NULL), fq_json_as_num(lat, 0),
          fq_json_str(d, "valid_from"), fq_json_str(d, "valid_to"));
  if (old[0] && strcmp(old, path)) /* moved: everything below moves along */
    fq_exec(a->db, "UPDATE org SET path = ?1 || substr(path, length(?2) + 1) WHERE path LIKE ?2 || '_%'",
            "ss", path, old);
  return FQ_OK;
}

static const struct fq_kind kinds[] = {{.name = "org.unit_set",
                                        .apply = apply_unit,
                                        .roles = FQ_ROLE_ALL & ~(uint32_t)(FQ_ROLE_FAMILY | FQ_ROLE_OFFICER),
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "单位变更",
                                        .en = "unit set"},
                                       {0}};

static const struct fq_param unit_members[] = {
    {.name = "id", .type = FQ_T_ID, .required = true, .zh = "代码", .en = "division code or own id"},
    {.name = "parent",
     .type = FQ_T_STRING,
     .max = 63,
     .zh = "上级",
     .en = "id of the unit above; empty for the county"},
    {.name = "kind",
     .type = FQ_T_ENUM,
     .required = true,
     .values = "county township village grid police_post department centre team forest_farm park task_force "
               "party_branch",
     .zh = "类别",
     .en = "kind of unit"},
    {.name = "name", .type = FQ_T_STRING, .required = true, .min = 1, .max = 60, .zh = "名称", .en = "name"},
    {.name = "lon", .type = FQ_T_NUMBER, .min = -180, .max = 180, .zh = "经度", .en = "longitude"},
    {.name = "lat", .type = FQ_T_NUMBER, .min = -90, .max = 90, .zh = "纬度", .en = "latitude"},
    {.name = "valid_from", .type = FQ_T_STRING, .max = 32, .zh = "启用日期", .en = "first day"},
    {.name = "valid_to", .type = FQ_T_STRING, .max = 32, .zh = "停用日期", .en = "last day"},
    {0}};
static const struct fq_param unit_param[] = {{.name = "unit", .type = FQ_T_OBJECT, .members = unit_members},
                                             {0}};
static const struct fq_param import_params[] = {{.name = "units",
                                                 .type = FQ_T_ARRAY,
                                                 .required = true,
                                                 .members = unit_param,
                                                 .min = 1,
                                                 .max = 200,
                                                 .zh = "单位",
                                                 .en = "units, parents before children"},
                                                {0}};
static const struct fq_param tree_params[] = {
    {.name = "root",
     .type = FQ_T_ID,
     .zh = "从哪个单位起",
     .en = "unit to start from; the actor's own by default"},
    {.name = "depth", .type = FQ_T_INT, .min = 0, .max = 10, .zh = "层数", .en = "levels below the root"},
    {.name = "kind", .type = FQ_T_ID, .zh = "类别", .en = "only this kind"},
    {0}};

/* Who sets a unit must reach where it is put and, when it is there already, where it was. */
static enum fq_status in_reach(struct fq_call *c, const char *id, const char *parent, const char *path) {
  bool there = fq_int(c->db, 0, "SELECT 1 FROM org WHERE id = ?", "s", id);
  const char *outside = !fq_role_reaches(c->db, c->actor, parent)        ? parent
                        : there && !fq_role_reaches(c->db, c->actor, id) ? id
                                                                         : NULL;
  if (!outside) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "scope", path, "单位 %s 不在您的管辖范围内",
                 "unit %s is outside your area", outside[0] ? outside : "-");
}

static enum fq_status import(struct fq_call *c) {
  int i = 0, set = 0;
  fq_json_each(u, fq_json_get(c->params, "units")) {
    const char *id = fq_json_str(u, "id"), *parent = fq_json_str(u, "parent");
    char path[48];
    snprintf(path, sizeof path, "params.units[%d].parent", i++);
    if (!parent) parent = "";
    struct fq_unit up;
    if (parent[0] && !fq_org_unit(c->db, parent, &up))
      return fq_fail(c->error, FQ_E_PARAMS, "org.parent", path, "上级 %s 不存在(上级应先于下级)",
                     "parent %s does not exist (parents come first)", parent);
    enum fq_status st = in_reach(c, id, parent, path);
    if (st) return st;
    if (!parent[0]) {
      if (fq_int(c->db, 0, "SELECT count(*) FROM org WHERE parent = '' AND id <> ?", "s", id))
        return fq_fail(c->error, FQ_E_CONFLICT, "org.root", path, "%s 没有上级,而县根已存在",
                       "%s has no parent, but the county root exists", id);
    } else if (!strcmp(parent, id) || fq_org_within(c->db, parent, id))
      return fq_fail(c->error, FQ_E_PARAMS, "org.cycle", path, "%s 不能隶属于自己的下级 %s",
                     "%s cannot be below %s, which is below it", id, parent);
    st = fq_emit(c,
                 (struct fq_draft){.kind = "org.unit_set", .subject = id, .org = id, .data = fq_json_dup(u)});
    if (st) return st;
    set++;
  }
  fq_json_set_int(c->result, "set", set);
  return FQ_OK;
}

static enum fq_status tree(struct fq_query *q) {
  const char *root = fq_json_str(q->params, "root"), *kind = fq_json_str(q->params, "kind");
  char from[512] = "/";
  if (!root && !q->actor->system) root = q->actor->org;
  if (root) {
    if (!fq_role_reaches(q->db, q->actor, root) && !fq_org_within(q->db, q->actor->org, root))
      return fq_fail(q->error, FQ_E_FORBIDDEN, "scope", "params.root", "单位 %s 不在您的管辖范围内",
                     "unit %s is outside your area", root);
    fq_stmt *p = fq_sql(q->db, "SELECT path FROM org WHERE id = ?", "s", root);
    if (!fq_row(p))
      return fq_fail(q->error, FQ_E_NOT_FOUND, "org.unknown", "params.root", "没有单位 %s", "no unit %s",
                     root);
    fq_copy(from, sizeof from, fq_col_str(p, 0));
    fq_done(p);
  }
  int64_t base = 0, depth = fq_json_int(q->params, "depth", 10);
  for (const char *p = from; *p; p++)
    base += *p == '/';
  fq_json *units = fq_json_array();
  fq_stmt *s = fq_sql(q->db,
                      "SELECT id, parent, kind, name, lon, lat, length(path) - length(replace(path, '/', "
                      "'')) AS level FROM org"
                      " WHERE path >= ?1 AND path < ?1 || 'zzzz' AND (?2 IS NULL OR kind = ?2) ORDER BY path",
                      "ss", from, kind);
  while (fq_row(s)) {
    if (fq_col_int(s, 6) - base > depth) continue;
    fq_json *u = fq_json_object();
    fq_json_set_str(u, "id", fq_col_str(s, 0));
    fq_json_set_str(u, "parent", fq_col_str(s, 1));
    fq_json_set_str(u, "kind", fq_col_str(s, 2));
    fq_json_set_str(u, "name", fq_col_str(s, 3));
    if (!fq_col_null(s, 4)) fq_json_set_num(u, "lon", fq_col_num(s, 4));
    if (!fq_col_null(s, 5)) fq_json_set_num(u, "lat", fq_col_num(s, 5));
    fq_json_push(units, u);
  }
  fq_json_set(q->result, "units", units);
  return FQ_OK;
}

static const struct fq_method methods[] = {
    {.name = "org.import",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = import_params,
     .run = import,
     .zh = "导入组织树",
     .en = "set units of the org tree",
     .result = "{set}"},
    {.name = "org.tree",
     .roles = FQ_ROLE_ALL,
     .params = tree_params,
     .query = tree,
     .zh = "组织树",
     .en = "the org tree",
     .result = "{units: [{id: id, parent: string, kind: string, name: string, lon?: number, lat?: number}]}"},
    {0}};

const struct fq_plugin fq_org_module = {
    FQ_PLUGIN_HEAD,           .name = "org",  .version = "1",     .zh = "组织树", .en = "org tree",
    .migrations = migrations, .kinds = kinds, .methods = methods, .init = init,   .fini = fini};
