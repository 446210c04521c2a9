/* patrol.h - what the files of this part share. Kernel thread; queries on reader threads. */
#ifndef FQ_PLUGIN_CAMPAIGN_PATROL_H
#define FQ_PLUGIN_CAMPAIGN_PATROL_H

#include "fengqiao.h"

#define CP_VERSION "0.1.0"
extern const struct fq_plugin cp_patrol_part;

struct cp_self {
  int64_t longest_ms, radius_m; /* options */
};

#define CP_PLAN   "plan-"
#define CP_PATROL "patrol-"
int64_t cp_id_n(const char *id, const char *prefix); /* "plan-17" -> 17; 0 when it is no such id */
void cp_id_make(char out[FQ_ID_MAX], const char *prefix, int64_t n);
void cp_text(char *out, size_t cap, const char *s); /* copies, NULL as "" */
void cp_set_opt(fq_json *to, const char *name, const fq_json *from, const char *member);
bool cp_area_reach(const struct fq_actor *a); /* sees a whole subtree, not only his own */
/* When the phone says it was; never ahead of the server, and not from before the phone had a clock. */
int64_t cp_when(struct fq_call *c, const char *member);

struct cp_plan {
  int64_t n, rev, every_ms, set_ms, last_ms, retired_ms; /* 0: never */
  char id[FQ_ID_MAX], org[FQ_ID_MAX], name[328];
  fq_json *points; /* free() by cp_plan_free */
};
bool cp_plan_load(fq_db *db, const char *id, struct cp_plan *out);
void cp_plan_free(struct cp_plan *p);
/* May he walk it: does it lie where he sits, around it, or below? */
bool cp_plan_his(fq_db *db, const struct cp_plan *p, const struct fq_actor *a);

struct cp_patrol {
  int64_t n, plan, started_ms, began_ms, ended_ms; /* began: by the phone; ended 0: under way */
  char id[FQ_ID_MAX], user[FQ_ID_MAX], org[FQ_ID_MAX], key[FQ_ID_MAX];
  fq_json *points;
};
bool cp_patrol_load(fq_db *db, const char *id, struct cp_patrol *out);
void cp_patrol_free(struct cp_patrol *p);
const fq_json *cp_point(const fq_json *points, const char *id);

#define CP_COMMAND(name) enum fq_status name(struct fq_call *c)
#define CP_TARGET(name)  enum fq_status name(struct fq_call *c, struct fq_target *t)
#define CP_APPLY(name)   enum fq_status name(struct fq_apply *a, const struct fq_entry *e)
#define CP_QUERY(name)   enum fq_status name(struct fq_query *q)
CP_COMMAND(cp_plan_set);
CP_COMMAND(cp_plan_retire);
CP_COMMAND(cp_plan_remind);
CP_TARGET(cp_target_plan);
CP_COMMAND(cp_patrol_start);
CP_COMMAND(cp_patrol_point);
CP_COMMAND(cp_patrol_track);
CP_COMMAND(cp_patrol_end);
CP_COMMAND(cp_patrol_expire);
CP_TARGET(cp_target_start);
CP_TARGET(cp_target_patrol);
CP_TARGET(cp_target_end);
CP_APPLY(cp_apply_planned);
CP_APPLY(cp_apply_retired);
CP_APPLY(cp_apply_overdue);
CP_APPLY(cp_apply_started);
CP_APPLY(cp_apply_ticked);
CP_APPLY(cp_apply_tracked);
CP_APPLY(cp_apply_ended);
CP_QUERY(cp_patrol_plans);
CP_QUERY(cp_patrol_list);
CP_QUERY(cp_patrol_get);
CP_QUERY(cp_patrol_coverage);

#endif
