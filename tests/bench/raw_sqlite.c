/*
 * The limit of the disk and of SQLite: the rows that a run of the server has left behind, written again by
 * bare prepared INSERTs into the same tables with the same indexes, in groups of 1, 8, 64 and 512 reports a
 * commit, WAL, synchronous=FULL. No rights, no policy, no JSON, no hash chain.
 *
 *   raw_sqlite BEFORE.db AFTER.db REPORTS DIR SECONDS
 * Prints one JSON array: [{"batch","per_s","p50_ms","p99_ms","rows"}].
 */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TABLES_MAX = 256, COMMITS_MAX = 1 << 20 };

struct table {
  char name[64];
  int columns;
  size_t rows, cap;
  sqlite3_value **values; /* rows x columns */
  sqlite3_stmt *insert;
};

static struct table tables[TABLES_MAX];
static int table_count;
static char *schema;
static size_t total_rows;

static int64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void check(int code, sqlite3 *db, const char *what) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
  fprintf(stderr, "raw_sqlite: %s: %s\n", what, sqlite3_errmsg(db));
  exit(1);
}

static void exec(sqlite3 *db, const char *sql) {
  check(sqlite3_exec(db, sql, NULL, NULL, NULL), db, sql);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql) {
  sqlite3_stmt *s;
  check(sqlite3_prepare_v2(db, sql, -1, &s, NULL), db, sql);
  return s;
}

/* ---- reading what the server wrote
 * --------------------------------------------------------------------------- */

static void read_schema(sqlite3 *db) {
  sqlite3_stmt *s =
      prepare(db, "SELECT type, name, sql FROM main.sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE"
                  " 'sqlite_%' AND sql NOT LIKE 'CREATE VIRTUAL%'" /* a text index: the tables it keeps */
                  " ORDER BY type DESC, rowid");                   /* tables before indexes */
  size_t len = 0;
  while (sqlite3_step(s) == SQLITE_ROW) {
    const char *sql = (const char *)sqlite3_column_text(s, 2);
    size_t more = strlen(sql);
    schema = realloc(schema, len + more + 3);
    if (!schema) abort();
    len += (size_t)sprintf(schema + len, "%s;\n", sql);
    if (strcmp((const char *)sqlite3_column_text(s, 0), "table") == 0 && table_count < TABLES_MAX)
      snprintf(tables[table_count++].name, sizeof tables[0].name, "%s", sqlite3_column_text(s, 1));
  }
  sqlite3_finalize(s);
}

static void read_rows(sqlite3 *db, struct table *t) {
  char sql[300];
  snprintf(sql, sizeof sql, "SELECT * FROM main.\"%s\" EXCEPT SELECT * FROM before.\"%s\"", t->name, t->name);
  sqlite3_stmt *s = prepare(db, sql);
  t->columns = sqlite3_column_count(s);
  while (sqlite3_step(s) == SQLITE_ROW) {
    if (t->rows == t->cap) {
      t->cap = t->cap ? 2 * t->cap : 1024;
      t->values = realloc(t->values, t->cap * (size_t)t->columns * sizeof *t->values);
      if (!t->values) abort();
    }
    for (int c = 0; c < t->columns; c++)
      t->values[t->rows * (size_t)t->columns + (size_t)c] = sqlite3_value_dup(sqlite3_column_value(s, c));
    t->rows++;
  }
  sqlite3_finalize(s);
  total_rows += t->rows;
}

/* ---- writing it again
 * ------------------------------------------------------------------------------------------ */

static void prepare_insert(sqlite3 *db, struct table *t) {
  char sql[1200];
  int n = snprintf(sql, sizeof sql, "INSERT OR REPLACE INTO \"%s\" VALUES(", t->name);
  for (int c = 0; c < t->columns; c++)
    n += snprintf(sql + n, sizeof sql - (size_t)n, c ? ",?" : "?");
  snprintf(sql + n, sizeof sql - (size_t)n, ")");
  t->insert = prepare(db, sql);
}

/* The part of the table's rows that falls to reports from..to-1 of all. */
static void insert_part(sqlite3 *db, struct table *t, size_t from, size_t to, size_t reports) {
  for (size_t r = t->rows * from / reports; r < t->rows * to / reports; r++) {
    for (int c = 0; c < t->columns; c++)
      sqlite3_bind_value(t->insert, c + 1, t->values[r * (size_t)t->columns + (size_t)c]);
    check(sqlite3_step(t->insert), db, t->name);
    sqlite3_reset(t->insert);
  }
}

static int compare(const void *a, const void *b) {
  int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
  return (x > y) - (x < y);
}

static void measure(const char *dir, size_t batch, size_t reports, double seconds) {
  static int32_t commits[COMMITS_MAX];
  char path[600], part[640];
  snprintf(path, sizeof path, "%s/raw.db", dir);
  for (int i = 0; i < 3; i++) {
    static const char *const ends[] = {"", "-wal", "-shm"};
    snprintf(part, sizeof part, "%s%s", path, ends[i]);
    unlink(part);
  }
  sqlite3 *db;
  check(sqlite3_open(path, &db), db, path);
  exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=1000; PRAGMA "
           "cache_size=-65536");
  exec(db, schema);
  sqlite3_stmt *begin = prepare(db, "BEGIN IMMEDIATE"), *commit = prepare(db, "COMMIT");
  for (int i = 0; i < table_count; i++)
    prepare_insert(db, &tables[i]);
  size_t done = 0, count = 0;
  int64_t start = now_us(), end = start + (int64_t)(seconds * 1e6);
  while (done < reports && now_us() < end) {
    size_t to = done + batch < reports ? done + batch : reports;
    int64_t from_us = now_us();
    check(sqlite3_step(begin), db, "BEGIN");
    sqlite3_reset(begin);
    for (int i = 0; i < table_count; i++)
      insert_part(db, &tables[i], done, to, reports);
    check(sqlite3_step(commit), db, "COMMIT");
    sqlite3_reset(commit);
    if (count < COMMITS_MAX) commits[count++] = (int32_t)(now_us() - from_us);
    done = to;
  }
  double took = (double)(now_us() - start) / 1e6;
  qsort(commits, count, sizeof *commits, compare);
  printf("{\"batch\":%zu,\"per_s\":%.1f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"rows\":%.1f}", batch,
         (double)done / took, commits[count / 2] / 1e3, commits[count * 99 / 100] / 1e3,
         (double)total_rows / (double)reports);
  sqlite3_finalize(begin);
  sqlite3_finalize(commit);
  for (int i = 0; i < table_count; i++)
    sqlite3_finalize(tables[i].insert);
  sqlite3_close(db);
}

int main(int argc, char **argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: raw_sqlite BEFORE.db AFTER.db REPORTS DIR SECONDS\n");
    return 2;
  }
  size_t reports = (size_t)atol(argv[3]);
  sqlite3 *db;
  check(sqlite3_open_v2(argv[2], &db, SQLITE_OPEN_READONLY, NULL), db, argv[2]);
  char *attach = sqlite3_mprintf("ATTACH %Q AS before", argv[1]);
  exec(db, attach);
  sqlite3_free(attach);
  read_schema(db);
  for (int i = 0; i < table_count; i++)
    read_rows(db, &tables[i]);
  sqlite3_close(db);
  static const size_t batches[] = {1, 8, 64, 512};
  printf("[");
  for (size_t i = 0; i < 4; i++) {
    if (i) printf(",");
    measure(argv[4], batches[i], reports, atof(argv[5]));
  }
  printf("]\n");
  return 0;
}
