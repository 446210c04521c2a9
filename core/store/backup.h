/*
 * A copy of a living database, made by SQLite's online backup: whoever writes goes on writing. Any thread;
 * handles of its own.
 */
#ifndef FQ_STORE_BACKUP_H
#define FQ_STORE_BACKUP_H

#include "fengqiao.h"

/* Called now and then; false ends it. */
typedef bool (*fq_backup_progress)(void *arg, int64_t done, int64_t total);

/* The database at `from` as it stands when this is called, into the new file `to`: one file, on disk when it
 * returns FQ_OK. On failure there may be half a file. */
enum fq_status fq_db_copy(const char *from, const char *to, fq_backup_progress progress, void *arg,
                          struct fq_error *e);
/* SQLite's own check of a whole file. */
enum fq_status fq_db_sound(const char *path, struct fq_error *e);
/* A name for the journal that nobody has heard before: terminals then take a snapshot instead of resuming.
 * The file is nobody else's. */
enum fq_status fq_db_new_epoch(const char *path, struct fq_error *e);

#endif
