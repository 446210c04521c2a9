/* The org tree, as the files of its module share it. Kernel thread; queries on reader threads. */
#ifndef FQ_KERNEL_ORG_H
#define FQ_KERNEL_ORG_H

#include "kernel/internal.h"

/* A unit with all that is kept of it. */
struct fq_org_row {
  struct fq_unit unit;
  char path[512], valid_from[36], valid_to[36]; /* valid_to "": in use */
  int64_t rev;                                  /* the entry that set it last */
};
bool fq_org_row(fq_db *db, const char *id, struct fq_org_row *out);
/* id, parent, kind, name, lon?, lat?, valid_from?, valid_to?: what org.unit_set says and org.set takes. */
fq_json *fq_org_row_json(const struct fq_org_row *r);

#define FQ_ORG_KINDS                                                                                         \
  "county township village grid police_post department centre team forest_farm park task_force party_branch"

extern const struct fq_param fq_org_unit_members[]; /* a row of org.import */

/* org_edit.c */
enum fq_status fq_org_import(struct fq_call *c);
enum fq_status fq_org_set(struct fq_call *c);
enum fq_status fq_org_move(struct fq_call *c);
enum fq_status fq_org_close(struct fq_call *c);
enum fq_status fq_org_reopen(struct fq_call *c);
/* May the unit's last day be `last` (NULL: today)? Not the county, not a day to come, not while somebody sits
 * there or below. The paths say where the unit and the day stood in what was asked. */
enum fq_status fq_org_may_close(fq_db *db, const struct fq_org_row *r, const char *last, int64_t now_ms,
                                const char *unit_path, const char *day_path, struct fq_error *e);
/* The same for a row of an import, when it closes a unit that is in use. */
enum fq_status fq_org_row_closes(fq_db *db, const fq_json *row, int64_t now_ms, const char *path,
                                 struct fq_error *e);

/* org_read.c */
enum fq_status fq_org_tree(struct fq_query *q);
enum fq_status fq_org_children(struct fq_query *q);
enum fq_status fq_org_search(struct fq_query *q);
enum fq_status fq_org_get(struct fq_query *q);

/* org_check.c: the dry run of an import */
enum fq_status fq_org_check(struct fq_query *q);

#endif
