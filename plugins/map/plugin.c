/*
 * map: the county's map. One GeoJSON file of outlines, set by an administrator, drawn by every page. Knows no
 * incident and no person. Kernel thread; the query on a reader thread, prepare_set() on a helper thread.
 */
#include <stdlib.h>
#include <string.h>

#include "map.h"

/* The file is read and checked before the tick: what is wrong with it is said with its place in it. */
static void prepare_set(const char *data_dir, fq_json *params, struct fq_error *e) {
  struct map_book *m = map_load(data_dir, fq_json_str(params, "sha256"), e);
  if (m) fq_json_set(params, "checked", map_summary(m));
  map_free(m);
}

static enum fq_status target_set(struct fq_call *c, struct fq_target *t) {
  (void)c;
  t->org[0] = '\0'; /* it is the whole county's */
  return FQ_OK;
}

static enum fq_status run_set(struct fq_call *c) {
  struct map_self *self = c->self;
  const char *sha = fq_json_str(c->params, "sha256"), *notice = fq_json_str(c->params, "notice");
  const fq_json *checked = fq_json_get(c->params, "checked");
  if (!checked || !fq_blob_may_read(self->kernel, c->actor, sha))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "blob.unknown", "params.sha256", "没有附件 %s",
                   "no attachment %s", sha);
  fq_json *data = fq_json_dup(checked), *attachments = fq_json_array();
  fq_json_set_str(data, "sha256", sha);
  if (notice) fq_json_set_str(data, "notice", notice);
  fq_json_push(attachments, fq_json_new_str(sha));
  fq_json_set(data, "attachments", attachments); /* whoever hears of it may fetch the file */
  fq_json_set_str(c->result, "sha256", sha);
  fq_json_set(c->result, "areas", fq_json_dup(fq_json_get(checked, "n")));
  return fq_emit(c, (struct fq_draft){.kind = "map.set", .subject = "map", .data = data});
}

static enum fq_status apply_set(struct fq_apply *a, const struct fq_entry *e) {
  char *bbox = fq_json_print(fq_json_get(e->data, "bbox")),
       *kinds = fq_json_print(fq_json_get(e->data, "kinds"));
  fq_exec(a->db,
          "INSERT OR REPLACE INTO map_county(one, sha256, notice, n, bbox, kinds, at_ms, by) "
          "VALUES(1,?,?,?,?,?,?,?)",
          "ssissis", fq_json_str(e->data, "sha256"), fq_json_str(e->data, "notice"),
          fq_json_int(e->data, "n", 0), bbox, kinds, e->at_ms, e->actor);
  free(bbox);
  free(kinds);
  return FQ_OK;
}

static enum fq_status query_get(struct fq_query *q) {
  fq_stmt *s = fq_sql(q->db, "SELECT sha256, notice, n, bbox, kinds FROM map_county", "");
  if (!fq_row(s))
    return fq_fail(q->error, FQ_E_NOT_FOUND, "map.none", "", "本县还没有地图", "this county has no map yet");
  fq_json_set_str(q->result, "sha256", fq_col_str(s, 0));
  if (!fq_col_null(s, 1)) fq_json_set_str(q->result, "notice", fq_col_str(s, 1));
  fq_json_set_int(q->result, "n", fq_col_int(s, 2));
  const char *bbox = fq_col_str(s, 3), *kinds = fq_col_str(s, 4);
  fq_json_set(q->result, "bbox", fq_json_parse(bbox, strlen(bbox), NULL));
  fq_json_set(q->result, "kinds", fq_json_parse(kinds, strlen(kinds), NULL));
  fq_done(s);
  return FQ_OK;
}

/* After the commit, not in the tick: what is served is what is on disk. */
static void refresh(fq_kernel *k, void *arg) {
  (void)k;
  map_refresh(arg);
}
static enum fq_status react_set(struct fq_call *c, const struct fq_entry *e) {
  (void)e;
  struct map_self *self = c->self;
  fq_post(self->kernel, refresh, self);
  return FQ_OK;
}

static enum fq_status init(void *arg, fq_kernel *k, struct fq_error *e) {
  (void)e;
  ((struct map_self *)arg)->kernel = k;
  return FQ_OK;
}
static enum fq_status start(void *arg, fq_kernel *k, struct fq_error *e) {
  (void)k, (void)e;
  map_refresh(arg);
  return FQ_OK;
}
static void fini(void *arg) {
  map_free(((struct map_self *)arg)->book);
}

static double read_served(void *self) {
  return (double)((struct map_self *)self)->served;
}

/* clang-format off */
static const struct fq_param set_params[] = {
    {.name = "sha256", .type = FQ_T_STRING, .required = true, .min = 64, .max = 64,
     .zh = "地图文件（已入库的附件）的 SHA-256", .en = "the map's file, an attachment: 64 hexadecimal digits"},
    {.name = "notice", .type = FQ_T_STRING, .min = 1, .max = 200,
     .zh = "图上的说明，代替文件里的", .en = "what the map says of itself, instead of the file's own words"},
    {0},
};
static const struct fq_kind kinds[] = {
    {.name = "map.set", .apply = apply_set, .roles = FQ_ROLE_ALL, .flags = FQ_KIND_QUIET,
     .zh = "更换地图", .en = "the county's map was set"},
    {0},
};
static const struct fq_method methods[] = {
    {.name = "map.set", .roles = FQ_ROLE_ADMIN_SYSTEM, .params = set_params, .target = target_set, .run = run_set,
     .zh = "设定全县地图", .en = "make an uploaded GeoJSON file the county's map", .result = "{sha256, areas: number}"},
    {.name = "map.get", .roles = FQ_ROLE_ALL, .flags = FQ_PUBLIC, .query = query_get,
     .zh = "全县地图的概况", .en = "which map the county has; the map itself is at GET /api/v1/map",
     .result = "{sha256, notice?, n: number, bbox: [number], kinds: object}"},
    {0},
};
static const struct fq_reaction reactions[] = {{"map.set", react_set}, {0}};
static const struct fq_preparation prepares[] = {{"map.set", prepare_set}, {0}};
static const struct fq_route routes[] = {{"/api/v1/map", map_route}, {0}};
static const struct fq_metric metrics[] = {
    {"fengqiao_map_served_total", "maps sent to pages", true, read_served}, {0}};
static const char *const migrations[] = {
    "CREATE TABLE map_county(one INTEGER PRIMARY KEY CHECK(one = 1), sha256 TEXT NOT NULL, notice TEXT, n INTEGER NOT NULL,"
    " bbox TEXT NOT NULL, kinds TEXT NOT NULL, at_ms INTEGER NOT NULL, by TEXT NOT NULL)",
    NULL,
};

FQ_PLUGIN = {
    FQ_PLUGIN_HEAD, .name = "map", .version = "0.1.0", .zh = "全县地图", .en = "the county's map",
    .migrations = migrations, .kinds = kinds, .methods = methods, .reactions = reactions, .prepares = prepares,
    .routes = routes, .metrics = metrics, .self_bytes = sizeof(struct map_self), .init = init, .start = start,
    .fini = fini, .derived = true,
};
/* clang-format on */
