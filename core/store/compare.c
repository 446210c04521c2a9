/* Two databases, table by table: see compare.h. */
#include "store/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "store/db.h"

/* The columns by name: a table that has grown over the years has them in another order than one made today,
 * since each module's changes come in the order in which they were released. NULL when the two have not the
 * same: made by another version, no row can be the same. The caller frees. */
static char *columns_of(fq_db *db, const char *table) {
  static const char *const sql =
      "SELECT a.list FROM (SELECT group_concat('\"' || name || '\"') AS list FROM (SELECT name FROM "
      "pragma_table_info(?1, 'main') ORDER BY name)) a JOIN (SELECT group_concat('\"' || name || '\"') AS "
      "list FROM (SELECT name FROM pragma_table_info(?1, 'other') ORDER BY name)) b USING(list)";
  fq_stmt *q = fq_sql(db, sql, "s", table);
  if (!fq_row(q)) return NULL;
  char *list = fq_strdup(fq_col_str(q, 0));
  fq_done(q);
  return list;
}

static int64_t differing(fq_db *db, const char *table, const char *columns) {
  /* The names come from the catalogue and are quoted all the same. */
  char *here = fq_printf("SELECT %s FROM main.\"%s\"", columns, table);
  char *there = fq_printf("SELECT %s FROM other.\"%s\"", columns, table);
  char *sql =
      fq_printf("SELECT (SELECT count(*) FROM (%s EXCEPT %s)) + (SELECT count(*) FROM (%s EXCEPT %s))", here,
                there, there, here);
  int64_t n = fq_int(db, -1, sql, "");
  free(here);
  free(there);
  free(sql);
  return n;
}

static bool run(fq_db *db, const char *before, const char *name, const char *after) {
  char sql[512];
  snprintf(sql, sizeof sql, "%s%s%s", before, name, after);
  return fq_db_run(db, sql);
}

/* A text index (FTS5) lays its words out in pages by the transactions they came in, and a rebuild has others:
 * its shadow tables differ though it says the same. What it says is which word stands in which row, so that
 * is what is compared: both lists are in the same order, and one walk along them finds what only one of them
 * has. */
static int64_t differing_words(fq_db *db, const char *table) {
  static const char next[] = "SELECT term, doc FROM temp.";
  int64_t bad = 0;
  if (!run(db, "CREATE VIRTUAL TABLE temp.words_main USING fts5vocab('main', '", table, "', 'instance')") ||
      !run(db, "CREATE VIRTUAL TABLE temp.words_other USING fts5vocab('other', '", table, "', 'instance')"))
    return -1;
  char sql[2][64];
  snprintf(sql[0], sizeof sql[0], "%swords_main", next);
  snprintf(sql[1], sizeof sql[1], "%swords_other", next);
  fq_stmt *a = fq_sql(db, sql[0], ""), *b = fq_sql(db, sql[1], "");
  bool more_a = fq_row(a), more_b = fq_row(b);
  while (more_a || more_b) {
    int order = !more_a ? 1 : !more_b ? -1 : strcmp(fq_col_str(a, 0), fq_col_str(b, 0));
    if (!order) order = (fq_col_int(a, 1) > fq_col_int(b, 1)) - (fq_col_int(a, 1) < fq_col_int(b, 1));
    bad += order != 0;
    if (order <= 0) more_a = fq_row(a);
    if (order >= 0) more_b = fq_row(b);
  }
  fq_db_run(db, "DROP TABLE temp.words_main");
  fq_db_run(db, "DROP TABLE temp.words_other");
  return bad;
}

enum fq_status fq_compare(const char *path, const char *other, FILE *out, struct fq_error *e) {
  fq_db *db = fq_db_open(path, FQ_DB_READER, e);
  if (!db) return e->status;
  int tables = 0, bad = 0;
  fq_stmt *attach = fq_sql(db, "ATTACH ? AS other", "s", other);
  while (fq_row(attach))
    continue;
  fq_db_run(db, "PRAGMA query_only=OFF"); /* for the temporary tables below: the files are open read-only */
  fq_json *names = fq_json_array();
  fq_stmt *q = fq_sql(db,
                      "SELECT name, max(type = 'virtual'), count(*) FROM pragma_table_list WHERE schema IN"
                      " ('main', 'other') AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite_%'"
                      " AND name NOT IN ('meta', 'migration') GROUP BY name ORDER BY name",
                      "");
  while (fq_row(q)) {
    fq_json *table = fq_json_object();
    fq_json_set_str(table, "name", fq_col_str(q, 0));
    fq_json_set_bool(table, "index", fq_col_int(q, 1) != 0);
    fq_json_set_bool(table, "both", fq_col_int(q, 2) == 2);
    fq_json_push(names, table);
  }
  fq_json_each(table, names) {
    const char *name = fq_json_str(table, "name");
    char *columns = fq_json_bool(table, "both", false) ? columns_of(db, name) : NULL;
    bool both = columns != NULL;
    int64_t rows = !both                                 ? 0
                   : fq_json_bool(table, "index", false) ? differing_words(db, name)
                                                         : differing(db, name, columns);
    free(columns);
    if (fq_failed(db)) break;
    tables++;
    if (both && !rows) continue;
    bad++;
    if (both)
      fprintf(out, "%s: %lld 行不同 / rows differ\n", name, (long long)rows);
    else /* made by a version that has not got it, or not in this form: a rebuild mends it */
      fprintf(out, "%s: 两边结构不同 / not of the same form\n", name);
  }
  fq_json_free(names);
  enum fq_status st = fq_db_error(db, e);
  if (!st && bad)
    st = fq_fail(e, FQ_E_INTERNAL, "rebuild.differs", path, "%d 张表中有 %d 张与由日志重建的不同",
                 "of %d tables %d differ from what the journal gives", tables, bad);
  fq_db_close(db);
  return st;
}
