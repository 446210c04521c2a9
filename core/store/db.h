/*
 * One SQLite connection: opening, transactions, the sticky error behind fq_sql() and friends, and the guard
 * that lets only apply write. sqlite3.h is included in core/store alone. A handle belongs to one thread.
 */
#ifndef FQ_STORE_DB_H
#define FQ_STORE_DB_H

#include "fengqiao.h"

enum fq_db_mode { FQ_DB_WRITER, FQ_DB_READER };

/* path NULL: in memory. The writer creates the file, WAL, synchronous=FULL. */
fq_db *fq_db_open(const char *path, enum fq_db_mode mode, struct fq_error *e);
void fq_db_close(fq_db *db);

/* Writing outside is an error of the caller, marked like any other. Returns the former setting. */
bool fq_db_allow_write(fq_db *db, bool allow);

bool fq_db_run(fq_db *db, const char *sql); /* several statements, no parameters; schema changes */
bool fq_db_begin(fq_db *db, bool write);
bool fq_db_commit(fq_db *db); /* false: rolled back, the mark says why */
void fq_db_rollback(fq_db *db);
/* From here on everything can be taken back at once, transactions that were committed meanwhile included. Not
 * inside a transaction. */
bool fq_db_try(fq_db *db);
void fq_db_take_back(fq_db *db);
bool fq_db_savepoint(fq_db *db);
bool fq_db_release(fq_db *db);
void fq_db_rollback_to(fq_db *db); /* undoes and forgets the innermost savepoint */

/* The sticky mark. Storage trouble (full, I/O, corrupt) gives FQ_E_STORAGE, a wrong statement FQ_E_INTERNAL.
 */
enum fq_status fq_db_status(const fq_db *db);
enum fq_status fq_db_error(const fq_db *db, struct fq_error *e); /* fills e from the mark */
void fq_db_clear(fq_db *db);
void fq_db_mark(fq_db *db, enum fq_status status, const char *message);

/* As fq_sql(), but its texts are not copied: they have to live until the statement is done. */
fq_stmt *fq_sql_borrow(fq_db *db, const char *sql, const char *types, ...);

/* Blobs stay inside core/store: the journal's hashes. */
/* The bytes have to live until the statement is done. */
void fq_bind_blob(fq_stmt *q, int parameter, const void *bytes, size_t len);
const void *fq_col_blob(fq_stmt *q, int column, size_t len); /* NULL unless of that length */

fq_stmt *fq_sqlv(fq_db *db, const char *sql, const char *types, va_list ap);

/* Shared by every module on this handle: the org cache and the like hang here. */
void *fq_db_user(const fq_db *db);
void fq_db_set_user(fq_db *db, void *user);

#endif
