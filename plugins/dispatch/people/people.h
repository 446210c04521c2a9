/* people.h - what the files of this part share. Kernel thread; queries on reader threads. */
#ifndef FQ_PLUGIN_DISPATCH_PEOPLE_H
#define FQ_PLUGIN_DISPATCH_PEOPLE_H

#include "dispatch.h"

/* officer.c */
DP_COMMAND(dp_officer_set);
DP_COMMAND(dp_duty_start);
DP_COMMAND(dp_duty_end);
DP_TARGET(dp_target_user); /* params.user, else the actor */
DP_APPLY(dp_apply_officer);
DP_APPLY(dp_apply_duty);
DP_QUERY(dp_duty_list);
void dp_position_update(struct fq_call *c);
DP_QUERY(dp_position_list);

/* present.c */
DP_COMMAND(dp_duty_present);

/* candidates.c */
DP_QUERY(dp_incident_candidates);
DP_VIEW(dp_view_nearest_officer);
DP_VIEW(dp_view_candidates);

/* view.c */
DP_VIEW(dp_view_rung_above);
DP_VIEW(dp_view_unit);
DP_VIEW(dp_view_on_duty);

/* ladders.c: ladders as data, fallback owners */
DP_COMMAND(dp_ladder_set);
DP_COMMAND(dp_fallback_set);
DP_TARGET(dp_target_county); /* clock/calendars.c */
DP_TARGET(dp_target_org);    /* params.org */
DP_APPLY(dp_apply_ladder_set);
DP_APPLY(dp_apply_fallback_set);
DP_QUERY(dp_ladder_list);

/* climb.c */
DP_COMMAND(dp_incident_climb);
DP_COMMAND(dp_climb_on); /* timer */
DP_COMMAND(dp_ladder_take);
DP_TARGET(dp_target_asked);
DP_APPLY(dp_apply_ladder_started);
DP_APPLY(dp_apply_ladder_stopped);
DP_APPLY(dp_apply_climbed);  /* incident.escalated: by itself or by hand */
DP_APPLY(dp_apply_answered); /* whatever answers, returns or ends an incident */
DP_QUERY(dp_ladder_mine);

/* who.c */
DP_QUERY(dp_ladder_who);
DP_VIEW(dp_view_who);

/* binding.c */
DP_COMMAND(dp_binding_set);
DP_COMMAND(dp_binding_end);
DP_TARGET(dp_target_binding);
DP_APPLY(dp_apply_binding_set);
DP_APPLY(dp_apply_binding_ended);
DP_QUERY(dp_binding_list);
enum fq_status dp_binding_check(struct fq_call *c); /* what binding.set would say of params; emits nothing */

/* binding_many.c */
DP_COMMAND(dp_binding_set_many);
DP_QUERY(dp_binding_check_rows);

/* touches.c */
DP_QUERY(dp_people_touches);
DP_QUERY(dp_officer_get);

/* roster.c, leave.c */
DP_COMMAND(dp_roster_set);
DP_COMMAND(dp_roster_remove);
DP_COMMAND(dp_roster_override);
DP_TARGET(dp_target_roster_shift);
DP_APPLY(dp_apply_roster_set);
DP_APPLY(dp_apply_roster_removed);
DP_QUERY(dp_roster_list);
DP_QUERY(dp_roster_now);
DP_VIEW(dp_view_roster);
DP_COMMAND(dp_leave_set);
DP_COMMAND(dp_leave_end);
DP_TARGET(dp_target_leave);
DP_APPLY(dp_apply_leave_set);
DP_APPLY(dp_apply_leave_ended);

/* vacancy.c */
DP_APPLY(dp_apply_seated);   /* user.set */
DP_APPLY(dp_apply_unseated); /* user.disabled */
DP_APPLY(dp_apply_unit);     /* org.unit_set */
void dp_seat_moved(struct fq_apply *a, const char *user, int64_t at_ms);
DP_QUERY(dp_roster_vacancies);

/* ---- who is available (available.c) ----------------------------------------------------------------- */

/* A desk runs day and night: its people are on duty unless they signed off. Everybody else from duty.start to
 * duty.end. */
#define DP_DESKS ((int64_t)(FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT))

/* For a SELECT over people, with ?1 the time in ms: dp_presence_read() makes of these columns what
 * dp_available() says, so that a list of people is one statement. */
#define DP_PRESENCE_COLUMNS                                                                                  \
  "a.disabled, a.roles, d.on_duty, d.since_ms, l.until_ms, l.deputy,"                                        \
  " EXISTS(SELECT 1 FROM duty_shift k WHERE k.org = a.org AND k.until_ms > ?1)"                              \
  "  AND EXISTS(SELECT 1 FROM duty_shift k WHERE k.org = a.org AND k.from_ms <= ?1),"                        \
  " (SELECT s.from_ms FROM duty_shift s WHERE s.user = a.name AND s.until_ms > ?1 AND s.from_ms <= ?1),"     \
  " EXISTS(SELECT 1 FROM duty_shift o WHERE o.instead_of = a.name AND o.until_ms > ?1 AND o.from_ms <= ?1)"
#define DP_PRESENCE_FROM                                                                                     \
  " FROM account a LEFT JOIN duty d ON d.user = a.name"                                                      \
  " LEFT JOIN leave l ON l.user = a.name AND l.until_ms > ?1 AND l.from_ms <= ?1"
bool dp_presence_read(fq_stmt *q, int first, struct dp_absence *out);

/* Somebody who answers: himself, or whoever stands in for him. */
struct dp_who {
  char user[FQ_ID_MAX], display[96];
  char instead_of[FQ_ID_MAX];
};
/* False, with the reason, when neither he nor a deputy is there. */
bool dp_stand_in(fq_db *db, const char *user, int64_t at_ms, struct dp_who *out, struct dp_absence *why);
/* Who answers for a rung at that time. */
bool dp_rung_who(fq_db *db, const struct dp_rung *r, int64_t at_ms, struct dp_who *out,
                 struct dp_absence *why);
int64_t dp_as_of(fq_db *db, int64_t at_ms);                 /* at_ms, or when 0 the journal's last time */
void dp_display(fq_db *db, const char *user, char out[96]); /* his name; the id when there is none */
/* "g1/东院/12": the unit before the first '/', "" when that is none. */
void dp_address_unit(fq_db *db, const char *address, char out[FQ_ID_MAX]);

/* ---- ladders as data (ladders.c, ladder.c) ------------------------------------------------------------- */

#define DP_DEFAULT_LADDER  "default"
#define DP_DEFAULT_WAIT_MS 600000

/* The rungs of the named ladder (NULL: the built-in one) at a place; `address` may be NULL. False: there is
 * no such ladder. Rungs that are not there have no org. */
bool dp_ladder_at(fq_db *db, const char *name, const char *org, const char *address, int64_t at_ms,
                  struct dp_ladder *out);
bool dp_fallback_of(fq_db *db, const char *org, struct dp_rung *out);
uint32_t dp_rung_roles(enum dp_level level);
/* Who the bindings of this kind name for a place: the address and what it is part of first, then the units up
 * the tree. The first who is available, else the first. */
bool dp_binding_holder(fq_db *db, const char *kind, const char *org, const char *address, int64_t at_ms,
                       char holder[FQ_ID_MAX], char subject_org[FQ_ID_MAX]);
bool dp_binding_kind(fq_db *db, const char *kind, char zh[96], char en[96], bool *exclusive);

/* ---- who could be sent, in memory (staff.c) --------------------------------------------------------------
 */

struct dp_officer {
  char user[FQ_ID_MAX], org[FQ_ID_MAX], display[96];
  char skills[512]; /* JSON, as projected */
  int64_t capacity;
  struct dp_absence absence;      /* why: DP_HERE when he is there */
  double lon, lat;                /* of the grid's centre; NAN when unknown */
  const struct dp_position *last; /* where his position stands; to be read through dp_position_read() */
};
/* Everybody who could be sent, in the order of names. Never changes once it is shared: the kernel thread and
 * the readers use one copy and count their references. */
struct dp_staff {
  int64_t mark;              /* the counter it was made at: dp_apply_staff_moved() */
  int64_t from_ms, until_ms; /* between a leave or a shift begins or ends, and it is made anew */
  int refs;                  /* under the cache's lock */
  size_t count, cap;
  struct dp_officer *officers;
};
struct dp_staff *dp_staff_get(struct dp_self *self, fq_db *db, int64_t now_ms); /* any thread; a reference */
void dp_staff_put(struct dp_self *self, struct dp_staff *s);

/* The kernel thread's own: those who are there, in few cache lines, with their open tasks. */
struct dp_near {
  double lon, lat;
  const struct dp_position *last;
  uint32_t officer;
  int32_t capacity, load; /* load: his open tasks; DP_UNASKED until the database has been asked */
};
#define DP_UNASKED (-1)
struct dp_at_hand {
  struct dp_staff *staff;
  struct dp_near *near;
  size_t count;
  int64_t load_mark; /* the counter the loads belong to: dp_load_moved() */
};
struct dp_at_hand *dp_staff_at_hand(struct dp_self *self, fq_db *db, int64_t now_ms);

DP_APPLY(dp_apply_staff_moved); /* whatever changes who could be sent */

/* position.c: a slot's content, from any thread. */
void dp_position_read(struct dp_positions *p, const struct dp_position *slot, struct dp_position *out);

#endif
