/* Filling an empty county from a pack's tables: see county.h. */
#include "main/county.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
  char was[31], file[111];
  fq_copy(was, sizeof was, e->path);
  fq_copy(file, sizeof file, path);
  snprintf(e->path, sizeof e->path, "%s:%lld %s", file, (long long)fq_json_int(row, "#", 0), was);
  return e->status;
}

/* The items in batches of one command each. `rows` are the lines they came from, NULL when from nowhere; an
 * error names which of the batch it is about: "params.units[17].parent". */
static enum fq_status send(struct local *l, const char *method, const char *member, const fq_json *items,
                           const fq_json *rows, const char *path, struct fq_error *e) {
  const fq_json *from = fq_json_first(rows), *item = fq_json_first(items);
  while (item) {
    fq_json *batch = fq_json_array(), *params = fq_json_object();
    const fq_json *next = from;
    for (int n = 0; item && n < BATCH; n++) {
      fq_json_push(batch, fq_json_dup(item));
      item = fq_json_next(item);
      if (next) next = fq_json_next(next);
    }
    fq_json_set(params, member, batch);
    enum fq_status st = fq_local_call(l, method, params, NULL, e);
    if (st && from) {
      const char *bracket = strchr(e->path, '[');
      for (int n = bracket ? atoi(bracket + 1) : 0; n > 0 && fq_json_next(from); n--)
        from = fq_json_next(from);
      return at_line(e, path, from);
    }
    if (st) return st;
    from = next;
  }
  return FQ_OK;
}

/* A file goes in whole or not at all, but it is many commands. So it is tried first on an empty county in
 * memory that has the units this one has: the same rules say what is wrong with it, and nothing has
 * happened. */
static enum fq_status rehearse(struct local *l, const char *method, const char *member, const fq_json *items,
                               const fq_json *rows, const char *path, struct fq_error *e) {
  struct local scratch = {.fd = -1};
  fq_json *tree = NULL;
  enum fq_status st = fq_local_call(l, "org.tree", fq_json_object(), &tree, e);
  scratch.server.kernel = st ? NULL : fq_kernel_open(&(struct fq_kernel_config){.memory = true}, e);
  if (!scratch.server.kernel)
    st = e->status;
  else if (!(st = fq_kernel_boot(scratch.server.kernel, e)) &&
           !(st = send(&scratch, "org.import", "units", fq_json_get(tree, "units"), NULL, path, e)))
    st = send(&scratch, method, member, items, rows, path, e);
  fq_kernel_close(scratch.server.kernel);
  fq_json_free(tree);
  return st;
}

static enum fq_status import(struct local *l, const char *method, const char *member, const fq_json *items,
                             const fq_json *rows, const char *path, int64_t *done, struct fq_error *e) {
  enum fq_status st = rehearse(l, method, member, items, rows, path, e);
  if (!st) st = send(l, method, member, items, rows, path, e);
  if (!st) *done += (int64_t)fq_json_size(items);
  return st;
}

static enum fq_status no_number(struct fq_error *e, const char *path, const fq_json *row,
                                const char *columns_zh, const char *columns_en) {
  fq_fail(e, FQ_E_PARAMS, "csv.number", "", "%s不是数字%.0s", "%.0s%s is no number", columns_zh, columns_en);
  return at_line(e, path, row);
}

enum fq_status fq_county_units(struct local *l, const char *path, int64_t *done, struct fq_error *e) {
  static const char *const text[] = {"id", "parent", "kind", "name", "valid_from", "valid_to"};
  fq_json *rows = read_table(path, e), *units = fq_json_array();
  enum fq_status st = rows ? FQ_OK : e->status;
  for (const fq_json *row = fq_json_first(rows); row && !st; row = fq_json_next(row)) {
    fq_json *unit = fq_json_object();
    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++)
      copy(unit, row, text[i], false);
    if (!copy(unit, row, "lon", true) || !copy(unit, row, "lat", true))
      st = no_number(e, path, row, "经纬度", "lon or lat");
    fq_json_push(units, unit);
  }
  if (!st) st = import(l, "org.import", "units", units, rows, path, done, e);
  fq_json_free(units);
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
  fq_json *rows = read_table(path, e), *users = fq_json_array();
  enum fq_status st = rows ? FQ_OK : e->status;
  char *hash = password ? fq_password_hash(password, DEMO_LOG2_N) : NULL;
  for (const fq_json *row = fq_json_first(rows); row && !st; row = fq_json_next(row)) {
    fq_json *user = fq_json_object(), *capacity = fq_json_object();
    copy(user, row, "name", false);
    copy(user, row, "display", false);
    copy(user, row, "org", false);
    fq_json_set(user, "roles", split(fq_json_str(row, "roles")));
    if (hash) fq_json_set_str(user, "password", hash);
    if (!copy(capacity, row, "capacity", true)) st = no_number(e, path, row, "容量", "capacity");
    fq_json_free(capacity);
    fq_json_push(users, user);
  }
  if (!st) st = import(l, "user.import", "users", users, rows, path, done, e);
  for (const fq_json *row = fq_json_first(rows); row && !st; row = fq_json_next(row)) {
    const char *roles = fq_json_str(row, "roles");
    /* Desk roles sit at their units, too: an empty desk is a rung that is skipped. */
    if (roles && strstr(roles, "officer") && (st = officer(l, row, on_duty, e))) at_line(e, path, row);
  }
  free(hash);
  fq_json_free(users);
  fq_json_free(rows);
  return st;
}

static bool lay(const char *path, const char *text, size_t len) {
  FILE *f = fopen(path, "wx");
  if (!f && errno == EEXIST) f = fopen(path, "w"); /* left behind by an earlier try */
  bool ok = f && fwrite(text, 1, len, f) == len && !fflush(f) && !fsync(fileno(f));
  if (f && fclose(f)) ok = false;
  return ok;
}

enum fq_status fq_county_map(struct local *l, const struct common *c, const char *path, int64_t *areas,
                             struct fq_error *e) {
  size_t len = 0;
  char *text = fq_read_file(path, &len, e), hex[FQ_SHA256_HEX], part[700];
  fq_json *hash = NULL, *result = NULL;
  if (!text) return e->status;
  fq_sha256_file(path, hex); /* should it change meanwhile, blob.commit notices */
  snprintf(part, sizeof part, "%s/blobs/tmp/%s.part", c->data, hex);
  enum fq_status st = lay(part, text, len) ? FQ_OK
                                           : fq_fail(e, FQ_E_STORAGE, "map.lay", part, "无法写入 %s:%s",
                                                     "cannot write %s: %s", part, strerror(errno));
  free(text);
  if (!st) {
    hash = fq_json_object();
    fq_json_set_str(hash, "sha256", hex);
    st = fq_local_call(l, "blob.commit", fq_json_dup(hash), NULL, e);
  }
  if (!st) st = fq_local_call(l, "map.set", fq_json_dup(hash), &result, e);
  if (areas) *areas = fq_json_int(result, "areas", 0);
  fq_json_free(hash);
  fq_json_free(result);
  return st;
}

enum fq_status fq_county_patrols(struct local *l, const char *path, struct fq_error *e) {
  struct fq_error none = {0};
  size_t len = 0;
  fq_json *had = NULL, *plans = NULL;
  if (fq_local_call(l, "patrol.plans", fq_json_object(), &had, &none)) return FQ_OK;
  bool first = !fq_json_size(fq_json_get(had, "rows"));
  fq_json_free(had);
  char *text = first ? fq_read_file(path, &len, e) : NULL;
  if (first && (!text || !(plans = fq_json_parse(text, len, e)))) {
    free(text);
    return e->status;
  }
  free(text);
  enum fq_status st = FQ_OK;
  for (const fq_json *plan = fq_json_first(plans); plan && !st; plan = fq_json_next(plan))
    st = fq_local_call(l, "patrol.plan", fq_json_dup(plan), NULL, e);
  fq_json_free(plans);
  return st;
}
