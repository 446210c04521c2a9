/*
 * The org tree of the mock kernel: a table the test fills.
 */
#include "mock_internal.h"

#include <math.h>

void mock_unit(const char *id, const char *parent, const char *kind, const char *name, double lon,
               double lat) {
  bool former = fq_db_allow_write(mock.db, true);
  fq_exec(mock.db, "INSERT OR REPLACE INTO mock_unit VALUES(?1,?2,?3,?4,?5,?6)", "ssssdd", id, parent, kind,
          name, lon, lat);
  fq_db_allow_write(mock.db, former);
}

bool fq_org_within(fq_db *db, const char *org, const char *ancestor) {
  return fq_int(
             db, 0,
             "WITH RECURSIVE up(id, parent) AS (SELECT id, parent FROM mock_unit WHERE id = ?1 UNION SELECT "
             "u.id,"
             " u.parent FROM mock_unit u JOIN up ON u.id = up.parent) SELECT count(*) FROM up WHERE id = ?2",
             "ss", org, ancestor) > 0;
}

bool fq_org_unit(fq_db *db, const char *org, struct fq_unit *out) {
  fq_stmt *q = fq_sql(db, "SELECT id, parent, kind, name, lon, lat FROM mock_unit WHERE id = ?1", "s", org);
  if (!fq_row(q)) return false;
  fq_copy(out->id, sizeof out->id, fq_col_str(q, 0));
  fq_copy(out->parent, sizeof out->parent, fq_col_str(q, 1));
  fq_copy(out->kind, sizeof out->kind, fq_col_str(q, 2));
  fq_copy(out->name, sizeof out->name, fq_col_str(q, 3));
  out->lon = fq_col_null(q, 4) ? NAN : fq_col_num(q, 4); /* SQLite keeps NaN as NULL */
  out->lat = fq_col_null(q, 5) ? NAN : fq_col_num(q, 5);
  fq_done(q);
  return true;
}

bool fq_org_grid_at(fq_db *db, double lon, double lat, char out[FQ_ID_MAX]) {
  double best = INFINITY;
  fq_stmt *q = fq_sql(
      db, "SELECT id, lon, lat FROM mock_unit WHERE kind = 'grid' AND lon IS NOT NULL ORDER BY id", "");
  while (fq_row(q)) {
    double d = fq_distance_m(lon, lat, fq_col_num(q, 1), fq_col_num(q, 2));
    if (d >= best) continue;
    best = d;
    fq_copy(out, FQ_ID_MAX, fq_col_str(q, 0));
  }
  return best < INFINITY;
}

/* The mock county has no forms ... */
fq_json *fq_form_get(fq_db *db, const char *id, int64_t version) {
  return NULL;
}
enum fq_status fq_form_check(fq_db *db, const fq_json *form, const char *path, fq_json *files,
                             struct fq_error *e) {
  return fq_fail(e, FQ_E_PARAMS, "form.unknown", path, "没有表单", "there is no such form");
}

/* ... and no dictionaries: codes stand for themselves. */
bool fq_term(fq_db *db, const char *dictionary, const char *code, char zh[96], char en[96]) {
  snprintf(zh, 96, "%s", code);
  snprintf(en, 96, "%s", code);
  return false;
}
