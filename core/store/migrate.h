/* Tables of modules, step by step. Each module's steps are numbered from 1 and only ever appended to. */
#ifndef FQ_STORE_MIGRATE_H
#define FQ_STORE_MIGRATE_H

#include "store/db.h"

enum fq_status fq_migrate(fq_db *db, const char *module, const char *const *steps, struct fq_error *e);

#endif
