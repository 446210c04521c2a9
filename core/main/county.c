/* Filling an empty county from a pack's tables: see county.h. */
#include "main/county.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/csv.h"

#define BATCH 100 /* units or accounts of one command: one transaction each */
#define DEMO_LOG2_N                                                                                          \
  12 /* a published password needs no slow hash; 12 ms, so that a test can sign in by the hundred */

static fq_json *read_table(const char *path, struct fq_error *e) {
  size_t len = 0;
  char *text = fq_read_file(path, &len, e);
  fq_json *rows = text ? fq_csv_parse(path, text, len, e) : NULL;
  free(text);
  return rows;
}

/* Copies a column as it is, or as a number. False when it is no number. */
static bool copy(fq_json *to, const fq_json *row, const char *name, bool number) {
  const char *s = fq_json_str(row, name);
  char *end;
  if (!s) return true;
  if (!number) return fq_json_set_str(to, name, s), true;
  double v = strtod(s, &end);
  if (*end || !isfinite(v)) return false;
  fq_json_set_num(to, name, v);
  return true;
}

/* Puts the file's line into an error that came back about a batch or a row. */
static enum fq_status at_line(struct fq_error *e, const char *path, const fq_json *row) {
  char was[160];
  fq_copy(was, sizeof was, e->path);
  snprintf(e->path, sizeof e->path, "%.110s:%lld %.30s", path, (long long)fq_json_int(row, "#", 0), was);
  return e->status;
}

static enum fq_status flush(struct local *l, const char *method, const char *member, fq_json **batch,
                            struct fq_error *e) {
  if (!fq_json_size(*batch)) return FQ_OK;
  fq_json *params = fq_json_object();
  fq_json_set(params, member, *batch);
  *batch = fq_json_array();
  return fq_local_call(l, method, params, NULL, e);
}

enum fq_status fq_county_units(struct local *l, const char *path, int64_t *done, struct fq_error *e) {
  static const char *const text[] = {"id", "parent", "kind", "name", "valid_from", "valid_to"};
  fq_json *rows = read_table(path, e), *batch = fq_json_array();
  enum fq_status st = rows ? FQ_OK : e->status;
  const fq_json *from = fq_json_first(rows);
  for (const fq_json *row = from; row && !st; row = fq_json_next(row)) {
    fq_json *unit = fq_json_object();
    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++)
      copy(unit, row, text[i], false);
    if (!copy(unit, row, "lon", true) || !copy(unit, row, "lat", true)) {
      fq_fail(e, FQ_E_PARAMS, "csv.number", "", "经纬度不是数字", "lon or lat is no number");
      st = at_line(e, path, row);
    }
    fq_json_push(batch, unit);
    (*done)++;
    if (!st && (fq_json_size(batch) == BATCH || !fq_json_next(row)) &&
        (st = flush(l, "org.import", "units", &batch, e)))
      at_line(e, path, from);
    if (!fq_json_size(batch)) from = fq_json_next(row);
  }
  fq_json_free(batch);
  fq_json_free(rows);
  return st;
}

static fq_json *split(const char *list) {
  fq_json *out = fq_json_array();
  char *copy_of = fq_strdup(list ? list : ""), *rest = copy_of, *word;
  while ((word = strsep(&rest, ";")))
    if (*word) fq_json_push(out, fq_json_new_str(word));
  free(copy_of);
  return out;
}

static enum fq_status officer(struct local *l, const fq_json *row, bool on_duty, struct fq_error *e) {
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "user", fq_json_str(row, "name"));
  fq_json_set(params, "skills", split(fq_json_str(row, "skills")));
  copy(params, row, "capacity", true);
  enum fq_status st = fq_local_call(l, "officer.set", params, NULL, e);
  if (st || !on_duty) return st;
  params = fq_json_object();
  fq_json_set_str(params, "user", fq_json_str(row, "name"));
  return fq_local_call(l, "duty.start", params, NULL, e);
}

enum fq_status fq_county_users(struct local *l, const char *path, const char *password, bool on_duty,
                               int64_t *done, struct fq_error *e) {
  fq_json *rows = read_table(path, e), *batch = fq_json_array();
  enum fq_status st = rows ? FQ_OK : e->status;
  char *hash = password ? fq_password_hash(password, DEMO_LOG2_N) : NULL;
  const fq_json *from = fq_json_first(rows);
  for (const fq_json *row = from; row && !st; row = fq_json_next(row)) {
    fq_json *user = fq_json_object();
    copy(user, row, "name", false);
    copy(user, row, "display", false);
    copy(user, row, "org", false);
    fq_json_set(user, "roles", split(fq_json_str(row, "roles")));
    if (hash) fq_json_set_str(user, "password", hash);
    fq_json_push(batch, user);
    (*done)++;
    if ((fq_json_size(batch) == BATCH || !fq_json_next(row)) &&
        (st = flush(l, "user.import", "users", &batch, e)))
      at_line(e, path, from);
    if (!fq_json_size(batch)) from = fq_json_next(row);
  }
  for (const fq_json *row = fq_json_first(rows); row && !st; row = fq_json_next(row)) {
    const char *roles = fq_json_str(row, "roles");
    /* Desk roles sit at their units, too: an empty desk is a rung that is skipped. */
    if (roles && strstr(roles, "officer") && (st = officer(l, row, on_duty, e))) at_line(e, path, row);
  }
  free(hash);
  fq_json_free(batch);
  fq_json_free(rows);
  return st;
}
