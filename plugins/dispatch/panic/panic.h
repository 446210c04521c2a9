/* panic.h - what the files of this part share. Kernel thread; queries on reader threads. */
#ifndef FQ_PLUGIN_DISPATCH_PANIC_H
#define FQ_PLUGIN_DISPATCH_PANIC_H

#include "dispatch.h"

#define DP_PANIC_CATEGORY "panic" /* of the incident an alarm opens */
#define DP_PANIC_ENTRIES  64      /* told in one step: more people than this help nobody */
#define DP_WHO_MAX        (FQ_ID_MAX + 8)

/* Whose answer is waited for, in the order in which they are asked. Relatives are told at once and never
 * waited for: they are not the ones who come with a stretcher. */
enum dp_panic_step { DP_PANIC_AT_ONCE, DP_PANIC_TOWNSHIP, DP_PANIC_COUNTY, DP_PANIC_STEPS };

struct dp_panic {
  int64_t n, incident, raised_ms, disposed_ms; /* disposed_ms 0: raised */
  int64_t round, step, settled;
  char id[FQ_ID_MAX], org[FQ_ID_MAX], by[FQ_ID_MAX], user[FQ_ID_MAX]; /* user: whose life it is, or "" */
  char address[256];
};
bool dp_panic_load(fq_db *db, const char *id, struct dp_panic *out);
enum fq_status dp_panic_need(struct fq_call *c, struct dp_panic *out, struct dp_incident *i);
/* Subject and place are the incident's; those who were told and `also` ("user/a unit/b", or NULL) hear it. */
enum fq_status dp_panic_emit(struct fq_call *c, const struct dp_panic *p, const struct dp_incident *i,
                             const char *kind, fq_json *data, const char *also);

/* ---- who is told (told.c) ------------------------------------------------------------------------------ */

/* Adds {who, why, name} to `list` for everybody of this step who has not been told yet. Gives how many of
 * them are there to answer. */
size_t dp_panic_people(struct fq_call *c, const struct dp_panic *p, enum dp_panic_step step, fq_json *list);
/* Members `who` of such a list as an audience. free() */
char *dp_panic_audience(const fq_json *list);
/* Those told who have not answered, as such a list. */
fq_json *dp_panic_silent(fq_db *db, const struct dp_panic *p);
/* Does somebody who comes, and a desk, know of it, once `who` have answered that they come or do not? */
bool dp_panic_settled(fq_db *db, const struct dp_panic *p, const fq_json *who, bool comes, bool desk);
/* The words by which the actor was told: "user/x", "unit/y" of his desk. An array, perhaps empty. */
fq_json *dp_panic_words(fq_db *db, const struct dp_panic *p, const struct fq_actor *a);
bool dp_panic_may_see(fq_db *db, const struct dp_panic *p, const struct fq_actor *a);

int64_t dp_panic_pause(const struct dp_self *self, int64_t round); /* until it rings again */

DP_COMMAND(dp_panic_raise);
DP_COMMAND(dp_panic_ring);
DP_COMMAND(dp_panic_received);
DP_COMMAND(dp_panic_acknowledge);
DP_COMMAND(dp_panic_dispose);
DP_TARGET(dp_target_panic);
DP_APPLY(dp_apply_panic_raised);
DP_APPLY(dp_apply_panic_repeated);
DP_APPLY(dp_apply_panic_rang);
DP_APPLY(dp_apply_panic_received);
DP_APPLY(dp_apply_panic_acknowledged);
DP_APPLY(dp_apply_panic_disposed);
DP_QUERY(dp_panic_open);
DP_QUERY(dp_panic_get);
DP_QUERY(dp_panic_list);

#endif
