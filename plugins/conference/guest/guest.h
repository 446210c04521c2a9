/*
 * guest.h - what the files of this part share. A guest is somebody without an account who takes part in one
 * conference: a relative with a link. The link holds a token; the journal holds its mark alone. Kernel
 * thread; queries on reader threads.
 */
#ifndef FQ_PLUGIN_CONFERENCE_GUEST_H
#define FQ_PLUGIN_CONFERENCE_GUEST_H

#include "conference.h"

#define CG_PREFIX "guest-"
#define CG_TOKEN  "g." /* so that nobody looks for it among the tokens of accounts */
#define CG_RANDOM 32   /* characters after it */
#define CG_MARK   "conference.guest"
#define CG_WHOSE  "conference.guest.name"

struct cg_guest {
  int64_t n, created_ms, until_ms, ended_ms; /* ended 0: the link opens */
  bool used;                                 /* his page has been there */
  char id[FQ_ID_MAX], conf[FQ_ID_MAX], org[FQ_ID_MAX], by[FQ_ID_MAX];
  char why[16]; /* how it ended: unlinked kicked ended expired */
};
bool cg_load(fq_db *db, const char *id, struct cg_guest *out);
/* Whose token is it, whatever has become of him? */
bool cg_by_token(struct cf_self *s, fq_db *db, const char *token, struct cg_guest *out);
int64_t cg_n(const char *id); /* "guest-7" -> 7; 0 when it is no such name */
/* How does his link stand: live, or why not? */
const char *cg_state(const struct cg_guest *g, int64_t now_ms);

/* What is asked of the conference's own tables (conf.c). */
struct cg_conf {
  char id[FQ_ID_MAX], org[FQ_ID_MAX], title[328];
  bool over;
};
enum fq_status cg_conf_need(fq_db *db, const char *id, struct cg_conf *out, struct fq_error *e);
bool cg_is_chair(fq_db *db, const char *conf, const char *user);
bool cg_seated(fq_db *db, const char *conf, const char *user); /* a member who has not left */
/* May he give and take back links of it? */
bool cg_may(fq_db *db, const struct fq_actor *a, const char *conf, const char *org);

bool cg_hook(void *self, fq_db *db, const char *token, int64_t now_ms, struct fq_guest *out);

#define CG_COMMAND(name) enum fq_status name(struct fq_call *c)
#define CG_TARGET(name)  enum fq_status name(struct fq_call *c, struct fq_target *t)
#define CG_APPLY(name)   enum fq_status name(struct fq_apply *a, const struct fq_entry *e)
#define CG_QUERY(name)   enum fq_status name(struct fq_query *q)
CG_COMMAND(cg_link);
CG_COMMAND(cg_unlink);
CG_COMMAND(cg_link_due);
CG_TARGET(cg_target_conf);
CG_TARGET(cg_target_guest);
CG_APPLY(cg_apply_linked);
CG_APPLY(cg_apply_unlinked);
CG_APPLY(cg_apply_kicked);
CG_APPLY(cg_apply_ended);
CG_APPLY(cg_apply_seen);
CG_QUERY(cg_links);
CG_QUERY(cg_link_check);
CG_QUERY(cg_guest_self);
enum fq_status cg_show_out(struct fq_call *c, const struct fq_entry *e); /* reactions: his seat ... */
enum fq_status cg_gone(struct fq_call *c, const struct fq_entry *e);     /* ... his sessions */
enum fq_status cg_over(struct fq_call *c, const struct fq_entry *e); /* ... and those of a whole conference */

#endif
