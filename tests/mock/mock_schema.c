/*
 * Parameters against a method's table, for the mock kernel: types, required and unknown members, bounds.
 */
#include "mock_internal.h"

#include "base/utf8.h"

static enum fq_status wrong(struct fq_error *e, const char *path, const char *want) {
  return fq_fail(e, FQ_E_PARAMS, "params", path, "参数 %s 应为 %s", "parameter %s: expected %s", path, want);
}

static enum fq_status check_members(const struct fq_param *table, const fq_json *v, const char *path,
                                    struct fq_error *e);

static bool bounded(const struct fq_param *p, double v) {
  return (p->min == 0 && p->max == 0) || (v >= p->min && v <= p->max);
}

static bool one_of(const char *values, const char *s) {
  size_t n = strlen(s);
  for (const char *p = values; *p && n;) {
    size_t len = strcspn(p, " ");
    if (len == n && strncmp(p, s, n) == 0) return true;
    p += len + (p[len] == ' ');
  }
  return false;
}

static bool id_ok(const char *s) {
  size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:");
  return n > 0 && n < FQ_ID_MAX && !s[n];
}

static enum fq_status check(const struct fq_param *p, const fq_json *v, const char *path,
                            struct fq_error *e) {
  static const struct fq_param place[] = {
      {.name = "lon", .type = FQ_T_NUMBER, .required = true, .min = -180, .max = 180},
      {.name = "lat", .type = FQ_T_NUMBER, .required = true, .min = -90, .max = 90},
      {.name = "acc", .type = FQ_T_NUMBER, .min = 0, .max = 1e7},
      {0}};
  const char *s = fq_json_as_str(v);
  enum fq_json_type t = fq_json_type(v);
  int n = 0;
  switch (p->type) {
  case FQ_T_STRING:
    return s && bounded(p, (double)fq_utf8_length(s)) ? FQ_OK : wrong(e, path, "text within its bounds");
  case FQ_T_ID:
    return s && id_ok(s) ? FQ_OK : wrong(e, path, "an id");
  case FQ_T_INT:
    return fq_json_is_int(v) && bounded(p, fq_json_as_num(v, 0))
               ? FQ_OK
               : wrong(e, path, "a whole number within its bounds");
  case FQ_T_NUMBER:
    return t == FQ_JSON_NUMBER && bounded(p, fq_json_as_num(v, 0))
               ? FQ_OK
               : wrong(e, path, "a number within its bounds");
  case FQ_T_BOOL:
    return t == FQ_JSON_BOOL ? FQ_OK : wrong(e, path, "true or false");
  case FQ_T_TIME:
    return s && fq_time_parse(s) >= 0 ? FQ_OK : wrong(e, path, "an RFC 3339 time");
  case FQ_T_PLACE:
    return t == FQ_JSON_OBJECT ? check_members(place, v, path, e) : wrong(e, path, "a place {lon, lat}");
  case FQ_T_ENUM:
    return s && one_of(p->values, s) ? FQ_OK : wrong(e, path, p->values);
  case FQ_T_OBJECT:
    return t == FQ_JSON_OBJECT ? check_members(p->members, v, path, e) : wrong(e, path, "an object");
  case FQ_T_ARRAY:
    if (t != FQ_JSON_ARRAY || !bounded(p, (double)fq_json_size(v)))
      return wrong(e, path, "an array within its bounds");
    fq_json_each(item, v) {
      char below[160];
      snprintf(below, sizeof below, "%.140s[%d]", path, n++);
      enum fq_status st = check(&p->members[0], item, below, e);
      if (st != FQ_OK) return st;
    }
    return FQ_OK;
  case FQ_T_ANY:
    return FQ_OK;
  case FQ_T_END:
    break;
  }
  return wrong(e, path, "a known type");
}

static const struct fq_param *find(const struct fq_param *table, const char *name) {
  for (const struct fq_param *p = table; p && p->type != FQ_T_END; p++)
    if (strcmp(p->name, name) == 0) return p;
  return NULL;
}

static void join(char *out, size_t cap, const char *path, const char *name) {
  snprintf(out, cap, "%.90s.%.60s", path, name);
}

static enum fq_status check_members(const struct fq_param *table, const fq_json *v, const char *path,
                                    struct fq_error *e) {
  char at[160];
  fq_json_each(member, v) {
    const struct fq_param *p = find(table, fq_json_name(member));
    join(at, sizeof at, path, fq_json_name(member));
    if (!p && strcmp(at, "params.idem") == 0) continue;
    if (!p) return fq_fail(e, FQ_E_PARAMS, "params.unknown", at, "没有参数 %s", "no parameter %s", at);
    enum fq_status st = check(p, member, at, e);
    if (st != FQ_OK) return st;
  }
  for (const struct fq_param *p = table; p && p->type != FQ_T_END; p++) {
    join(at, sizeof at, path, p->name);
    if (p->required && !fq_json_get(v, p->name))
      return fq_fail(e, FQ_E_PARAMS, "params.missing", at, "缺少参数 %s", "parameter %s is missing", at);
  }
  return FQ_OK;
}

enum fq_status mock_check_params(const struct fq_param *table, const fq_json *params, struct fq_error *e) {
  if (fq_json_type(params) != FQ_JSON_OBJECT) return wrong(e, "params", "an object");
  return check_members(table, params, "params", e);
}
