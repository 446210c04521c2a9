/*
 * One SQLite connection: see db.h. Statements are cached by their text for the life of the handle: the set
 * of statements is the program's, so it is bounded.
 */
#include "store/db.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

struct fq_stmt {
  sqlite3_stmt *raw;
  fq_db *db;
  const char *address, *text; /* where the caller's text stood, and our copy of it */
  bool busy, temporary, readonly;
};

/* The text of a statement is nearly always a literal, so its address finds it: one probe and a comparison
 * instead of hashing two hundred bytes. 1024 slots: some two
 * hundred statements rarely meet in one, and then the map answers. */
#define SLOTS 1024

struct fq_db {
  sqlite3 *raw;
  struct fq_map *cache;         /* sql -> struct fq_stmt * */
  struct fq_stmt *slots[SLOTS]; /* the same, by address */
  enum fq_status status;
  char message[256];
  bool may_write, writer;
  bool trying; /* transactions are savepoints of one that will be taken back */
  void *user;
};

void *fq_db_user(const fq_db *db) {
  return db->user;
}
void fq_db_set_user(fq_db *db, void *user) {
  db->user = user;
}

void fq_db_mark(fq_db *db, enum fq_status status, const char *message) {
  if (db->status) return; /* the first trouble is the cause of the rest */
  db->status = status;
  fq_copy(db->message, sizeof db->message, message);
}

static void mark(fq_db *db, int code, const char *sql) {
  bool storage = code == SQLITE_FULL || code == SQLITE_IOERR || code == SQLITE_CORRUPT ||
                 code == SQLITE_NOTADB || code == SQLITE_CANTOPEN || code == SQLITE_READONLY ||
                 code == SQLITE_BUSY || code == SQLITE_NOMEM;
  char text[512];
  sqlite3_snprintf(sizeof text, text, "%s%s%.200s", sqlite3_errmsg(db->raw), sql ? " in: " : "",
                   sql ? sql : "");
  fq_db_mark(db, storage ? FQ_E_STORAGE : FQ_E_INTERNAL, text);
}

enum fq_status fq_db_status(const fq_db *db) {
  return db->status;
}
void fq_db_clear(fq_db *db) {
  db->status = FQ_OK;
}
bool fq_failed(const fq_db *db) {
  return db->status != FQ_OK;
}

enum fq_status fq_db_error(const fq_db *db, struct fq_error *e) {
  if (!db->status) return FQ_OK;
  if (db->status == FQ_E_STORAGE)
    return fq_fail(e, FQ_E_STORAGE, "storage", "", "存储不可用,未作任何更改:%s",
                   "storage unavailable, nothing was changed: %s", db->message);
  return fq_fail(e, db->status, "internal", "", "内部错误:%s", "internal error: %s", db->message);
}

/* SQLite's own count of its memory takes a mutex for each allocation, and nobody asks for it. */
static void configure(void) {
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

fq_db *fq_db_open(const char *path, enum fq_db_mode mode, struct fq_error *e) {
  static pthread_once_t configured = PTHREAD_ONCE_INIT;
  pthread_once(&configured, configure);
  fq_db *db = fq_alloc(sizeof *db);
  db->writer = mode == FQ_DB_WRITER;
  int flags = db->writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  int rc = sqlite3_open_v2(path ? path : ":memory:", &db->raw, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
                           NULL);
  if (rc == SQLITE_OK) {
    sqlite3_busy_timeout(db->raw, 5000);
    sqlite3_extended_result_codes(db->raw, 0);
    /* wal_autocheckpoint 1000 pages: the checkpoint is then 2.6 % of a busy server. Done on a thread of its
     * own instead, p99 of a report's answer was the same within the noise (11-33 ms against 11-28 at 300
     * reports/s). cache_size 64 MiB: the working set of a county (open work and the recent journal) fits. */
    static const char writer[] =
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=1000;"
        "PRAGMA foreign_keys=OFF; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536;"
        "PRAGMA trusted_schema=OFF;";
    static const char reader[] = "PRAGMA query_only=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16384;";
    rc = sqlite3_exec(db->raw, db->writer ? writer : reader, NULL, NULL, NULL);
  }
  if (rc != SQLITE_OK) {
    fq_fail(e, FQ_E_STORAGE, "storage.open", path, "无法打开数据库 %s:%s", "cannot open the database %s: %s",
            path ? path : ":memory:", db->raw ? sqlite3_errmsg(db->raw) : "no memory");
    fq_db_close(db);
    return NULL;
  }
  return db;
}

static void close_statement(void *s) {
  sqlite3_finalize(((struct fq_stmt *)s)->raw);
  free(s);
}

void fq_db_close(fq_db *db) {
  if (!db) return;
  fq_map_clear(&db->cache, close_statement);
  sqlite3_close(db->raw);
  free(db);
}

bool fq_db_allow_write(fq_db *db, bool allow) {
  bool former = db->may_write;
  db->may_write = allow;
  return former;
}

static bool run(fq_db *db, const char *sql) {
  int rc = sqlite3_exec(db->raw, sql, NULL, NULL, NULL);
  if (rc != SQLITE_OK) mark(db, rc, sql);
  return rc == SQLITE_OK;
}

bool fq_db_run(fq_db *db, const char *sql) {
  return !db->status && run(db, sql);
}

static struct fq_stmt **slot_of(fq_db *db, const char *sql) {
  uintptr_t a = (uintptr_t)sql;
  return &db->slots[(a ^ a >> 10 ^ a >> 20) % SLOTS];
}

static struct fq_stmt *prepare(fq_db *db, const char *sql) {
  struct fq_stmt **slot = slot_of(db, sql), *q = *slot;
  /* An address may have been used for another text before. */
  if (!q || q->address != sql || strcmp(q->text, sql)) q = fq_map_get(db->cache, sql);
  if (q && !q->busy) {
    q->address = sql;
    return *slot = q;
  }
  bool temporary = q != NULL; /* the same text is being stepped further up the stack */
  sqlite3_stmt *raw = NULL;
  const char *tail = NULL;
  int rc = sqlite3_prepare_v3(db->raw, sql, -1, temporary ? 0 : SQLITE_PREPARE_PERSISTENT, &raw, &tail);
  if (rc != SQLITE_OK || !raw || (tail && *tail)) {
    if (rc != SQLITE_OK)
      mark(db, rc, sql);
    else
      fq_db_mark(db, FQ_E_INTERNAL, "one statement at a time");
    sqlite3_finalize(raw);
    return NULL;
  }
  q = fq_alloc(sizeof *q);
  *q = (struct fq_stmt){.raw = raw,
                        .db = db,
                        .address = sql,
                        .text = sqlite3_sql(raw),
                        .temporary = temporary,
                        .readonly = sqlite3_stmt_readonly(raw)};
  if (!temporary) {
    fq_map_put(&db->cache, sql, q);
    *slot = q;
  }
  return q;
}

/* The transaction verbs: the hottest statements of all, and allowed whoever asks. */
static bool verb(fq_db *db, const char *sql) {
  struct fq_stmt *q = prepare(db, sql);
  if (!q) return false;
  int rc = sqlite3_step(q->raw);
  sqlite3_reset(q->raw);
  if (rc != SQLITE_DONE) mark(db, rc, sql);
  return rc == SQLITE_DONE;
}

bool fq_db_begin(fq_db *db, bool write) {
  if (db->trying) return !db->status && verb(db, "SAVEPOINT fq_try");
  return !db->status && verb(db, write ? "BEGIN IMMEDIATE" : "BEGIN");
}
bool fq_db_commit(fq_db *db) {
  if (!db->status && verb(db, db->trying ? "RELEASE fq_try" : "COMMIT")) return true;
  fq_db_rollback(db);
  return false;
}
void fq_db_rollback(fq_db *db) {
  if (db->trying) {
    verb(db, "ROLLBACK TO fq_try"), verb(db, "RELEASE fq_try");
    return;
  }
  /* After some errors SQLite has already rolled back by itself. */
  if (!sqlite3_get_autocommit(db->raw)) sqlite3_exec(db->raw, "ROLLBACK", NULL, NULL, NULL);
}
bool fq_db_try(fq_db *db) {
  db->trying = !db->status && verb(db, "BEGIN IMMEDIATE");
  return db->trying;
}
void fq_db_take_back(fq_db *db) {
  db->trying = false;
  fq_db_rollback(db);
}
bool fq_db_savepoint(fq_db *db) {
  return !db->status && verb(db, "SAVEPOINT fq");
}
bool fq_db_release(fq_db *db) {
  return !db->status && verb(db, "RELEASE fq");
}
void fq_db_rollback_to(fq_db *db) {
  if (!sqlite3_get_autocommit(db->raw)) verb(db, "ROLLBACK TO fq"), verb(db, "RELEASE fq");
}

/* `lifetime`: SQLITE_TRANSIENT copies texts, SQLITE_STATIC relies on them until the statement is done. */
static fq_stmt *bind(fq_db *db, const char *sql, const char *types, va_list ap,
                     sqlite3_destructor_type lifetime) {
  if (db->status) return NULL;
  struct fq_stmt *q = prepare(db, sql);
  if (!q) return NULL;
  q->busy = true;
  if (!db->may_write && !q->readonly) {
    fq_db_mark(db, FQ_E_INTERNAL, "writing outside apply");
    fq_done(q);
    return NULL;
  }
  int n = 0;
  for (const char *t = types; *t; t++) {
    int rc = SQLITE_MISUSE;
    n++;
    switch (*t) {
    case 's': {
      const char *s = va_arg(ap, const char *);
      rc = s ? sqlite3_bind_text(q->raw, n, s, -1, lifetime) : sqlite3_bind_null(q->raw, n);
      break;
    }
    case 'i':
      rc = sqlite3_bind_int64(q->raw, n, va_arg(ap, int64_t));
      break;
    case 'd':
      rc = sqlite3_bind_double(q->raw, n, va_arg(ap, double));
      break;
    case 'z':
      rc = sqlite3_bind_null(q->raw, n);
      break;
    default:
      break;
    }
    if (rc != SQLITE_OK) {
      mark(db, rc, sql);
      fq_done(q);
      return NULL;
    }
  }
  return q;
}

fq_stmt *fq_sqlv(fq_db *db, const char *sql, const char *types, va_list ap) {
  return bind(db, sql, types, ap, SQLITE_TRANSIENT);
}

fq_stmt *fq_sql(fq_db *db, const char *sql, const char *types, ...) {
  va_list ap;
  va_start(ap, types);
  fq_stmt *q = fq_sqlv(db, sql, types, ap);
  va_end(ap);
  return q;
}

bool fq_row(fq_stmt *q) {
  if (!q) return false;
  int rc = sqlite3_step(q->raw);
  if (rc == SQLITE_ROW) return true;
  if (rc != SQLITE_DONE) mark(q->db, rc, sqlite3_sql(q->raw));
  fq_done(q);
  return false;
}

void fq_done(fq_stmt *q) {
  if (!q) return;
  sqlite3_reset(q->raw);
  sqlite3_clear_bindings(q->raw);
  q->busy = false;
  if (q->temporary) close_statement(q);
}

int64_t fq_col_int(fq_stmt *q, int column) {
  return sqlite3_column_int64(q->raw, column);
}
double fq_col_num(fq_stmt *q, int column) {
  return sqlite3_column_double(q->raw, column);
}
const char *fq_col_str(fq_stmt *q, int column) {
  return (const char *)sqlite3_column_text(q->raw, column);
}
bool fq_col_null(fq_stmt *q, int column) {
  return sqlite3_column_type(q->raw, column) == SQLITE_NULL;
}

void fq_exec(fq_db *db, const char *sql, const char *types, ...) {
  va_list ap;
  va_start(ap, types);
  fq_stmt *q = bind(db, sql, types, ap, SQLITE_STATIC);
  va_end(ap);
  while (fq_row(q))
    continue;
}

int64_t fq_int(fq_db *db, int64_t fallback, const char *sql, const char *types, ...) {
  va_list ap;
  va_start(ap, types);
  fq_stmt *q = bind(db, sql, types, ap, SQLITE_STATIC);
  va_end(ap);
  int64_t out = fallback;
  if (fq_row(q)) {
    if (!fq_col_null(q, 0)) out = fq_col_int(q, 0);
    fq_done(q);
  }
  return out;
}

fq_stmt *fq_sql_borrow(fq_db *db, const char *sql, const char *types, ...) {
  va_list ap;
  va_start(ap, types);
  fq_stmt *q = bind(db, sql, types, ap, SQLITE_STATIC);
  va_end(ap);
  return q;
}

void fq_bind_blob(fq_stmt *q, int parameter, const void *bytes, size_t len) {
  int rc = sqlite3_bind_blob(q->raw, parameter, bytes, (int)len, SQLITE_STATIC);
  if (rc != SQLITE_OK) mark(q->db, rc, sqlite3_sql(q->raw));
}

const void *fq_col_blob(fq_stmt *q, int column, size_t len) {
  return (size_t)sqlite3_column_bytes(q->raw, column) == len ? sqlite3_column_blob(q->raw, column) : NULL;
}
