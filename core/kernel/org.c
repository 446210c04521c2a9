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
#include "kernel/org.h"

static const char *const migrations[] = {
    "CREATE TABLE org(id TEXT PRIMARY KEY, parent TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, "
    "path TEXT NOT NULL,"
    " lon REAL, lat REAL, valid_from TEXT, valid_to TEXT) WITHOUT ROWID;"
    "CREATE INDEX org_parent ON org(parent, id);"
    "CREATE INDEX org_grid ON org(lat, lon) WHERE kind = 'grid' AND valid_to IS NULL;",
    /* Units that were there before have the entry that set them last. */
    "ALTER TABLE org ADD COLUMN rev INTEGER NOT NULL DEFAULT 0;"
    "UPDATE org SET rev = coalesce((SELECT max(seq) FROM journal WHERE subject = org.id AND kind = "
    "'org.unit_set'), 0);",
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

bool fq_org_row(fq_db *db, const char *id, struct fq_org_row *out) {
  *out = (struct fq_org_row){.rev = 0};
  fq_stmt *q = fq_sql(
      db, "SELECT id, parent, kind, name, lon, lat, path, valid_from, valid_to, rev FROM org WHERE id = ?",
      "s", id);
  if (!fq_row(q)) return false;
  read_unit(q, &out->unit);
  fq_copy(out->path, sizeof out->path, fq_col_str(q, 6));
  fq_copy(out->valid_from, sizeof out->valid_from, fq_col_str(q, 7));
  fq_copy(out->valid_to, sizeof out->valid_to, fq_col_str(q, 8));
  out->rev = fq_col_int(q, 9);
  fq_done(q);
  return true;
}

fq_json *fq_org_row_json(const struct fq_org_row *r) {
  fq_json *u = fq_json_object();
  fq_json_set_str(u, "id", r->unit.id);
  fq_json_set_str(u, "parent", r->unit.parent);
  fq_json_set_str(u, "kind", r->unit.kind);
  fq_json_set_str(u, "name", r->unit.name);
  if (!isnan(r->unit.lon)) fq_json_set_num(u, "lon", r->unit.lon);
  if (!isnan(r->unit.lat)) fq_json_set_num(u, "lat", r->unit.lat);
  if (r->valid_from[0]) fq_json_set_str(u, "valid_from", r->valid_from);
  if (r->valid_to[0]) fq_json_set_str(u, "valid_to", r->valid_to);
  return u;
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
          "INSERT OR REPLACE INTO org(id, parent, kind, name, path, lon, lat, valid_from, valid_to, rev) "
          "VALUES(?,?,?,?,?,"
          " CASE WHEN ? THEN ? END, CASE WHEN ? THEN ? END, ?, ?, ?)",
          "sssssididssi", id, parent, fq_json_str(d, "kind"), fq_json_str(d, "name"), path,
          (int64_t)(lon != NULL), fq_json_as_num(lon, 0), (int64_t)(lat != NULL), fq_json_as_num(lat, 0),
          fq_json_str(d, "valid_from"), fq_json_str(d, "valid_to"), e->seq);
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

const struct fq_param fq_org_unit_members[] = {
    {.name = "id", .type = FQ_T_ID, .required = true, .zh = "代码", .en = "division code or own id"},
    {.name = "parent",
     .type = FQ_T_STRING,
     .max = 63,
     .zh = "上级",
     .en = "id of the unit above; empty for the county"},
    {.name = "kind",
     .type = FQ_T_ENUM,
     .required = true,
     .values = FQ_ORG_KINDS,
     .zh = "类别",
     .en = "kind of unit"},
    {.name = "name", .type = FQ_T_STRING, .required = true, .min = 1, .max = 60, .zh = "名称", .en = "name"},
    {.name = "lon", .type = FQ_T_NUMBER, .min = -180, .max = 180, .zh = "经度", .en = "longitude"},
    {.name = "lat", .type = FQ_T_NUMBER, .min = -90, .max = 90, .zh = "纬度", .en = "latitude"},
    {.name = "valid_from", .type = FQ_T_STRING, .max = 32, .zh = "启用日期", .en = "first day"},
    {.name = "valid_to", .type = FQ_T_STRING, .max = 32, .zh = "停用日期", .en = "last day"},
    {0}};
static const struct fq_param unit_param[] = {
    {.name = "unit", .type = FQ_T_OBJECT, .members = fq_org_unit_members}, {0}};
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

#define ID                                                                                                   \
  { .name = "id", .type = FQ_T_ID, .required = true, .zh = "代码", .en = "code of the unit" }
#define REV                                                                                                  \
  {                                                                                                          \
    .name = "rev", .type = FQ_T_INT, .required = true, .min = 0, .max = 9e15, .zh = "所见版本",              \
    .en = "the revision that was looked at (org.get); 0: there is none yet"                                  \
  }
#define REASON(must)                                                                                         \
  { .name = "reason", .type = FQ_T_STRING, .required = must, .min = 1, .max = 200, .zh = "原因", .en = "why" }
#define PAGED(most)                                                                                          \
  {.name = "after", .type = FQ_T_STRING, .max = 63, .zh = "从何处继续", .en = "`next` of the page before"},  \
  {                                                                                                          \
    .name = "limit", .type = FQ_T_INT, .min = 1, .max = most, .zh = "条数", .en = "rows"                     \
  }
#define CLOSED                                                                                               \
  { .name = "closed", .type = FQ_T_BOOL, .zh = "含已停用", .en = "closed units too" }

static const struct fq_param set_params[] = {
    ID,
    REV,
    {.name = "parent",
     .type = FQ_T_STRING,
     .max = 63,
     .zh = "上级",
     .en = "id of the unit above; as it is when left out"},
    {.name = "kind",
     .type = FQ_T_ENUM,
     .required = true,
     .values = FQ_ORG_KINDS,
     .zh = "类别",
     .en = "kind of unit"},
    {.name = "name", .type = FQ_T_STRING, .required = true, .min = 1, .max = 60, .zh = "名称", .en = "name"},
    {.name = "lon", .type = FQ_T_NUMBER, .min = -180, .max = 180, .zh = "经度", .en = "longitude"},
    {.name = "lat", .type = FQ_T_NUMBER, .min = -90, .max = 90, .zh = "纬度", .en = "latitude"},
    {.name = "valid_from", .type = FQ_T_STRING, .max = 32, .zh = "启用日期", .en = "first day"},
    {0}};
static const struct fq_param move_params[] = {
    ID,
    REV,
    {.name = "parent", .type = FQ_T_ID, .required = true, .zh = "新上级", .en = "the unit it goes below"},
    REASON(false),
    {0}};
static const struct fq_param close_params[] = {
    ID,
    REV,
    {.name = "valid_to",
     .type = FQ_T_STRING,
     .max = 10,
     .zh = "最后一天,如 2026-11-22;默认今天",
     .en = "the last day, such as 2026-11-22; today by default"},
    {.name = "below", .type = FQ_T_BOOL, .zh = "连同下级", .en = "with all units below it"},
    REASON(true),
    {0}};
static const struct fq_param reopen_params[] = {ID, REV, REASON(false), {0}};
static const struct fq_param id_params[] = {ID, {0}};
static const struct fq_param children_params[] = {
    {.name = "parent",
     .type = FQ_T_ID,
     .zh = "上级",
     .en = "whose children; left out: the caller's own unit, where his tree begins"},
    CLOSED,
    PAGED(500),
    {0}};
static const struct fq_param search_params[] = {
    {.name = "text",
     .type = FQ_T_STRING,
     .max = 60,
     .zh = "名称或代码的一部分",
     .en = "part of a name or code"},
    {.name = "kind", .type = FQ_T_ID, .zh = "类别", .en = "only this kind"},
    CLOSED,
    PAGED(100),
    {0}};
static const struct fq_param any_unit[] = {{.name = "unit", .type = FQ_T_ANY}};
static const struct fq_param known_id[] = {{.name = "id", .type = FQ_T_ID}};
static const struct fq_param check_params[] = {
    {.name = "units",
     .type = FQ_T_ARRAY,
     .required = true,
     .members = any_unit,
     .min = 1,
     .max = 200,
     .zh = "单位,如 org.import",
     .en = "rows as org.import takes them; each is checked on its own"},
    {.name = "known",
     .type = FQ_T_ARRAY,
     .members = known_id,
     .max = 2000,
     .zh = "同一张表里在前的代码",
     .en = "codes of the rows before these, which are counted as there"},
    {0}};

#define EVERYBODY_OF_THE_HOUSE                                                                               \
  (FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_SECURITY | FQ_ROLE_ADMIN_AUDIT | FQ_ROLE_DESK)
#define ROWS "rows: [{id, parent, kind, name, valid_to?, rev: number, children: number, people: number"

static const struct fq_method methods[] = {
    {.name = "org.import",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = import_params,
     .run = fq_org_import,
     .zh = "导入组织树",
     .en = "set units of the org tree",
     .result = "{set}"},
    {.name = "org.set",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = set_params,
     .run = fq_org_set,
     .zh = "新增或修改单位",
     .en = "add or change one unit",
     .result = "{id, rev: number}"},
    {.name = "org.move",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = move_params,
     .run = fq_org_move,
     .zh = "划转单位",
     .en = "put a unit, with all below it, below another",
     .result = "{id, rev: number, below: number}"},
    {.name = "org.close",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = close_params,
     .run = fq_org_close,
     .zh = "停用单位",
     .en = "close a unit; nobody may sit there any more",
     .result = "{id, rev: number, closed: number}"},
    {.name = "org.reopen",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = reopen_params,
     .run = fq_org_reopen,
     .zh = "恢复单位",
     .en = "take a closed unit into use again",
     .result = "{id, rev: number}"},
    {.name = "org.check",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = check_params,
     .query = fq_org_check,
     .zh = "试导入组织树",
     .en = "what org.import would do, row by row, and all mistakes",
     .result = "{rows: [{i: number, id?, act, code?, path?, zh?, en?, changes?: "
               "[string], was?: object}],"
               " adds: number, changes: number, same: number, errors: number}"},
    {.name = "org.children",
     .roles = EVERYBODY_OF_THE_HOUSE,
     .params = children_params,
     .query = fq_org_children,
     .zh = "下一级单位",
     .en = "one level of the org tree",
     .result = "{" ROWS "}], next?}"},
    {.name = "org.search",
     .roles = EVERYBODY_OF_THE_HOUSE,
     .params = search_params,
     .query = fq_org_search,
     .zh = "查找单位",
     .en = "units by name or code, with what is above them",
     .result = "{" ROWS ", above: [{id, name}]}], next?}"},
    {.name = "org.get",
     .roles = EVERYBODY_OF_THE_HOUSE,
     .params = id_params,
     .query = fq_org_get,
     .zh = "单位详情",
     .en = "a unit and how much hangs on it",
     .result = "{id, parent, kind, name, lon?: number, lat?: number, valid_from?, "
               "valid_to?, rev: number, above: [{id, name}],"
               " children: number, units_below: number, people: number, "
               "people_below: number, changed_by?, changed_at?}"},
    {.name = "org.tree",
     .roles = FQ_ROLE_ALL,
     .params = tree_params,
     .query = fq_org_tree,
     .zh = "组织树",
     .en = "the org tree",
     .result = "{units: [{id: id, parent: string, kind: string, name: string, lon?: number, lat?: number}]}"},
    {0}};

const struct fq_plugin fq_org_module = {
    FQ_PLUGIN_HEAD,           .name = "org",  .version = "1",     .zh = "组织树", .en = "org tree",
    .migrations = migrations, .kinds = kinds, .methods = methods, .init = init,   .fini = fini};
