/* apply.h - what the two files that write the tables share. Kernel thread. */
#ifndef FQ_PLUGIN_CONFERENCE_SESSION_APPLY_H
#define FQ_PLUGIN_CONFERENCE_SESSION_APPLY_H

#include "session/session.h"

int64_t cf_of(const struct fq_entry *e); /* which conference */
int64_t cf_time(const fq_json *d, const char *member);
void cf_moved(struct fq_apply *a, const struct fq_entry *e);
/* One of each kind a conference; due_ms 0 clears it. */
void cf_timer(struct fq_apply *a, const struct fq_entry *e, const char *what, int64_t due_ms,
              const char *method);
void cf_empty(struct fq_apply *a, const struct fq_entry *e);

#endif
