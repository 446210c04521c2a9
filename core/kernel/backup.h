/*
 * A county's backups: a directory of files, each the whole database as it stood at one moment, verified
 * before it got its name.
 *     county-20261122T193000Z-12345.db     when, and the last entry it holds
 *     county-20261122T193000Z-12345.json   what the verification found
 *     blobs/  county.key                   attachments, and what opens the sealed passwords: of all of them
 * Any thread, no kernel needed: the command line makes them as the server does.
 */
#ifndef FQ_KERNEL_BACKUP_H
#define FQ_KERNEL_BACKUP_H

#include "store/backup.h"

#define FQ_BACKUP_NAME 64

struct fq_backup_made {
  char file[FQ_BACKUP_NAME];
  int64_t head, bytes, blobs, took_ms;
};
/* `phase`: "copy", "verify" or "blobs"; false ends it. */
struct fq_backup_watch {
  bool (*tell)(void *arg, const char *phase, int64_t done, int64_t total);
  void *arg;
};

/* Into `dir` (made when it is not there), of which the newest `keep` stay (0: all). */
enum fq_status fq_backup_make(const char *data_dir, const char *dir, int keep, int64_t now_ms,
                              const struct fq_backup_watch *watch, struct fq_backup_made *made,
                              struct fq_error *e);
/* Is the file sound, its journal's chain unbroken, and does it end where its name says? */
enum fq_status fq_backup_verify(const char *dir, const char *file, const struct fq_backup_watch *watch,
                                struct fq_backup_made *found, struct fq_error *e);
/* Newest first: [{file, at, head, bytes, verified_at?, entries?, blobs?, took_ms?}]. */
fq_json *fq_backup_list(const char *dir);
/* Takes away the halves that a stop or a crash has left, but for what another process is making now. */
void fq_backup_tidy(const char *dir);
bool fq_backup_name_ok(const char *file); /* one of its own names, never a path */
/* Attachments that are there and not here, linked or copied; how many. */
enum fq_status fq_backup_blobs(const char *from_dir, const char *to_dir, const struct fq_backup_watch *watch,
                               int64_t *count, struct fq_error *e);
/* One file as it is, on disk when it returns. */
enum fq_status fq_backup_file(const char *from, const char *to, struct fq_error *e);

#endif
