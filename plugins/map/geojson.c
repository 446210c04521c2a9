/* geojson.c - is it a county's map? Checks a GeoJSON text to the last coordinate and takes it apart. Any
 * thread. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "map.h"

static void *grab(size_t n) {
  void *p = calloc(1, n ? n : 1);
  if (!p) abort();
  return p;
}

/* Where one is in the file, for errors. */
struct at {
  struct fq_error *e;
  struct map_book *book;
  int feature;
  char where[96];
};

static enum fq_status wrong(const struct at *a, const char *member, const char *zh, const char *en) {
  char path[160];
  snprintf(path, sizeof path, "features[%d]%s%s", a->feature, member, a->where);
  return fq_fail(a->e, FQ_E_PARAMS, "map.feature", path, "%s%.0s", "%.0s%s", zh, en);
}

static enum fq_status check_point(struct at *a, const fq_json *point) {
  const fq_json *first = fq_json_first(point), *second = first ? fq_json_next(first) : NULL;
  double lon = fq_json_as_num(first, NAN), lat = fq_json_as_num(second, NAN), *box = a->book->bbox;
  if (fq_json_type(point) != FQ_JSON_ARRAY || !(fabs(lon) <= 180) || !(fabs(lat) <= 90))
    return wrong(a, ".geometry.coordinates", "应为 [经度, 纬度]，经度 -180 到 180，纬度 -90 到 90",
                 "expected [longitude, latitude], -180 to 180 and -90 to 90");
  box[0] = fmin(box[0], lon);
  box[1] = fmin(box[1], lat);
  box[2] = fmax(box[2], lon);
  box[3] = fmax(box[3], lat);
  return FQ_OK;
}

static bool same(const fq_json *a, const fq_json *b) {
  return fq_json_as_num(fq_json_first(a), 0) == fq_json_as_num(fq_json_first(b), 0) &&
         fq_json_as_num(fq_json_next(fq_json_first(a)), 0) ==
             fq_json_as_num(fq_json_next(fq_json_first(b)), 0);
}

static enum fq_status check_ring(struct at *a, const fq_json *ring) {
  size_t len = strlen(a->where);
  const fq_json *last = NULL;
  int n = 0;
  if (fq_json_type(ring) != FQ_JSON_ARRAY || fq_json_size(ring) < 4)
    return wrong(a, ".geometry.coordinates", "一圈至少要有 4 个点", "a ring has at least 4 points");
  fq_json_each(point, ring) {
    snprintf(a->where + len, sizeof a->where - len, "[%d]", n++);
    enum fq_status st = check_point(a, point);
    if (st) return st;
    last = point;
  }
  a->where[len] = '\0';
  if (!same(fq_json_first(ring), last))
    return wrong(a, ".geometry.coordinates", "一圈的最后一点应与第一点相同",
                 "the last point of a ring is the same as its first");
  return FQ_OK;
}

/* `depth` levels of arrays, then rings: a polygon has one, a multipolygon two. */
static enum fq_status check_rings(struct at *a, const fq_json *list, int depth) {
  if (!depth) return check_ring(a, list);
  size_t len = strlen(a->where);
  int n = 0;
  if (fq_json_type(list) != FQ_JSON_ARRAY || !fq_json_size(list))
    return wrong(a, ".geometry.coordinates", "应为非空数组", "expected an array that is not empty");
  fq_json_each(member, list) {
    snprintf(a->where + len, sizeof a->where - len, "[%d]", n++);
    enum fq_status st = check_rings(a, member, depth - 1);
    if (st) return st;
  }
  a->where[len] = '\0';
  return FQ_OK;
}

static enum fq_status check_geometry(struct at *a, const fq_json *geometry) {
  const char *type = fq_json_str(geometry, "type");
  int depth = !type ? 0 : !strcmp(type, "Polygon") ? 1 : !strcmp(type, "MultiPolygon") ? 2 : 0;
  if (!depth)
    return wrong(a, ".geometry.type", "应为 Polygon 或 MultiPolygon", "expected Polygon or MultiPolygon");
  return check_rings(a, fq_json_get(geometry, "coordinates"), depth);
}

static bool is_id(const char *s) {
  size_t n = s ? strlen(s) : 0;
  return n && n < FQ_ID_MAX &&
         strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-") == n;
}

static enum fq_status read_feature(struct at *a, const fq_json *feature, struct map_area *area) {
  const fq_json *properties = fq_json_get(feature, "properties");
  const char *id = fq_json_str(properties, "id"), *kind = fq_json_str(properties, "kind"),
             *name = fq_json_str(properties, "name"), *parent = fq_json_str(properties, "parent");
  const char *type = fq_json_str(feature, "type");
  if (!type || strcmp(type, "Feature")) return wrong(a, ".type", "应为 Feature", "expected Feature");
  if (!is_id(id))
    return wrong(a, ".properties.id", "应为单位代码：1 到 63 个字母、数字和 ._:-",
                 "expected a unit's code: 1 to 63 letters, digits and ._:-");
  if (!kind || !*kind || strlen(kind) >= sizeof area->kind ||
      strspn(kind, "abcdefghijklmnopqrstuvwxyz_") != strlen(kind))
    return wrong(a, ".properties.kind", "应为 county、township、village、grid 等类别",
                 "expected a kind: county, township, village, grid ...");
  if (!name || !*name || strlen(name) > 240)
    return wrong(a, ".properties.name", "应为名称，最多 80 个字", "expected a name of at most 240 bytes");
  if (parent && *parent && !is_id(parent))
    return wrong(a, ".properties.parent", "应为上级单位的代码，或空",
                 "expected the code of the unit above, or none");
  snprintf(area->id, sizeof area->id, "%s", id);
  snprintf(area->kind, sizeof area->kind, "%s", kind);
  snprintf(area->parent_id, sizeof area->parent_id, "%s", parent ? parent : "");
  enum fq_status st = check_geometry(a, fq_json_get(feature, "geometry"));
  if (st) return st;
  area->text = fq_json_print(feature);
  return FQ_OK;
}

static int by_id(const void *a, const void *b) {
  return strcmp(((const struct map_area *)a)->id, ((const struct map_area *)b)->id);
}

int map_find(const struct map_book *m, const char *id) {
  struct map_area key;
  if (strlen(id) >= sizeof key.id) return -1;
  strcpy(key.id, id);
  const struct map_area *at = m->count ? bsearch(&key, m->areas, (size_t)m->count, sizeof key, by_id) : NULL;
  return at ? (int)(at - m->areas) : -1;
}

/* Sorted by code, each knows its parent; a code stands for one area, and nobody lies within himself. */
static enum fq_status join(struct map_book *m, struct fq_error *e) {
  qsort(m->areas, (size_t)m->count, sizeof *m->areas, by_id);
  for (int i = 1; i < m->count; i++)
    if (!strcmp(m->areas[i].id, m->areas[i - 1].id))
      return fq_fail(e, FQ_E_PARAMS, "map.twice", "features", "%s 画了两次", "%s is drawn twice",
                     m->areas[i].id);
  for (int i = 0; i < m->count; i++) {
    m->areas[i].parent = *m->areas[i].parent_id ? map_find(m, m->areas[i].parent_id) : -1;
    if (*m->areas[i].parent_id && m->areas[i].parent < 0)
      return fq_fail(e, FQ_E_PARAMS, "map.parent", "features", "%s 的上级 %s 不在图上",
                     "the unit above %s, %s, is not on the map", m->areas[i].id, m->areas[i].parent_id);
  }
  for (int i = 0; i < m->count; i++) {
    int steps = 0;
    for (int at = i; at >= 0; at = m->areas[at].parent)
      if (++steps > m->count)
        return fq_fail(e, FQ_E_PARAMS, "map.circle", "features", "%s 的上级绕成一圈",
                       "the units above %s form a circle", m->areas[i].id);
  }
  return FQ_OK;
}

static char *text_of(const fq_json *root, const char *name) {
  const char *s = fq_json_str(root, name);
  return s && *s ? strndup(s, 1000) : NULL;
}

static enum fq_status read_all(struct map_book *m, const fq_json *root, struct fq_error *e) {
  const char *type = fq_json_str(root, "type");
  const fq_json *features = fq_json_get(root, "features");
  if (!type || strcmp(type, "FeatureCollection") || fq_json_type(features) != FQ_JSON_ARRAY)
    return fq_fail(e, FQ_E_PARAMS, "map.type", "type", "不是 GeoJSON 的 FeatureCollection",
                   "not a GeoJSON FeatureCollection");
  size_t n = fq_json_size(features);
  if (!n || n > MAP_AREAS_MOST)
    return fq_fail(e, FQ_E_PARAMS, "map.count", "features", "应有 1 到 %d 个区域", "expected 1 to %d areas",
                   MAP_AREAS_MOST);
  m->areas = grab(n * sizeof *m->areas);
  m->notice = text_of(root, "notice");
  m->attribution = text_of(root, "attribution");
  struct at a = {.e = e, .book = m};
  fq_json_each(feature, features) {
    a.where[0] = '\0';
    enum fq_status st = read_feature(&a, feature, &m->areas[m->count]);
    if (st) return st;
    a.feature++;
    m->count++;
  }
  return join(m, e);
}

struct map_book *map_read(const char *text, size_t len, struct fq_error *e) {
  fq_json *root = fq_json_parse(text, len, e);
  if (!root) {
    snprintf(e->code, sizeof e->code, "map.json");
    snprintf(e->path, sizeof e->path, "params.sha256"); /* the message says where in the text */
    e->status = FQ_E_PARAMS;
    return NULL;
  }
  struct map_book *m = grab(sizeof *m);
  m->bbox[0] = m->bbox[1] = INFINITY;
  m->bbox[2] = m->bbox[3] = -INFINITY;
  enum fq_status st = read_all(m, root, e);
  fq_json_free(root);
  if (!st) return m;
  map_free(m);
  return NULL;
}

void map_free(struct map_book *m) {
  if (!m) return;
  for (int i = 0; i < m->count; i++)
    free(m->areas[i].text);
  free(m->areas);
  free(m->notice);
  free(m->attribution);
  free(m);
}

fq_json *map_summary(const struct map_book *m) {
  fq_json *out = fq_json_object(), *box = fq_json_array(), *kinds = fq_json_object();
  for (int i = 0; i < 4; i++)
    fq_json_push(box, fq_json_new_num(m->bbox[i]));
  for (int i = 0; i < m->count; i++)
    fq_json_set_int(kinds, m->areas[i].kind, fq_json_int(kinds, m->areas[i].kind, 0) + 1);
  fq_json_set_int(out, "n", m->count);
  fq_json_set(out, "bbox", box);
  fq_json_set(out, "kinds", kinds);
  if (m->notice) fq_json_set_str(out, "notice", m->notice);
  return out;
}
