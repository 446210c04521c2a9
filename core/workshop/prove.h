/*
 * The static proof, taken apart: prove.c (the run), prove_county.c (who is there at which hour),
 * prove_walk.c (what is decided in every situation), prove_play.c (what becomes of it when nobody acts),
 * prove_find.c (what is wrong with that), prove_hours.c (hours in words). Knows no incident: fengqiao.h,
 * section 12. One thread.
 */
#ifndef FQ_WORKSHOP_PROVE_H
#define FQ_WORKSHOP_PROVE_H

#include "base/map.h"
#include "base/mem.h"
#include "policy/coverage.h"
#include "policy/module.h"
#include "policy/tree.h"
#include "workshop/run.h"

#define HOURS   168
#define HOUR_MS INT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)

/* A set of the hours of a week, Monday 0:00 first. */
struct hours {
  uint64_t w[3];
};
bool hours_has(const struct hours *h, int hour);
void hours_add(struct hours *h, int hour);
bool hours_full(const struct hours *h);
int hours_count(const struct hours *h);
void hours_words(const struct hours *h, struct fq_buf *zh, struct fq_buf *en);
fq_json *hours_spans(const struct hours *h); /* [[from, to]], to up to 168 */

/* A stretch of the week in which nobody comes or goes, at most an hour long. */
struct slot {
  int64_t at_ms;
  int hour, state; /* state: equal numbers, the same people are there */
};

/* Who answers for a place, interned: places with the same people above them share it. */
struct ladder {
  fq_json *json;
  size_t shape;               /* equal numbers, the same rungs are staffed */
  bool lowest, any, fallback; /* is somebody on the lowest rung, on any; is there a fallback owner */
};

struct place {
  const fq_json *row;
  const char *id;
  size_t village;
  size_t *ladder_of; /* by state: index into ladders */
};

/* All policies' leaves of one situation, interned. */
struct joint {
  fq_json *commands; /* [{policy, method, params}] of all policies in order */
  fq_json *limits;   /* [{policy, clock, ...}] */
  size_t shape;      /* equal numbers, the same commands but for the names of people and units */
  fq_json *found;    /* as of an ending: what is wrong already at the beginning */
  bool sends;
  size_t outcome; /* equal numbers: the same to whoever reads the list of classes */
};

/* What becomes of it when nobody acts. */
#define AXIS_PLACE (1u << 16) /* besides those of fengqiao.h */
struct ending {
  struct ending *next;
  uint32_t axes;             /* what else the policies have read on the way */
  const struct place *place; /* where it was played, which matters with AXIS_PLACE alone */
  int category, level;
  size_t slot;
  int64_t stirs_ms; /* after so long, who is there no longer matters */
  int64_t after_ms; /* when it last changed its owner */
  fq_json *owner;   /* {level, org, name} */
  fq_json *limits;  /* those that came on the way */
  bool sent, round, failed, own_rung;
  fq_json *found; /* [{rule, severity, key, zh, en, policy, path, line}] */
  size_t number;
  size_t account; /* equal numbers above 0, the same to a reader; 0: not compared yet */
};

/* What can matter to a place from a slot on: see prove_outlook(). */
struct outlook {
  int64_t steady_ms; /* so long the same rungs of its ladder stay staffed */
  size_t future; /* equal numbers above 0, the same shapes of its ladder at the same times; 0: not asked */
};

struct policy {
  const struct fq_active *active;
};
/* What one handler of a policy decides about the kind with which it begins. Handlers are decided about one by
 * one: where one reads the time and another who is there, the tree of both would be their product. */
struct handler {
  size_t policy;
  int number;
  struct fq_tree *tree;
  uint32_t *cells; /* by category, level and slot of the place at hand: number of the leaf */
  uint32_t axes;   /* all that was read at this place, AXIS_PLACE included */
  bool everywhere; /* the cells are those of every place */
};
struct problem;
struct row;

struct proof {
  const struct fq_run *run;
  fq_kernel *kernel;
  void *world;
  fq_db *db;
  struct fq_host *host;
  const struct fq_module *modules;
  size_t module_count;
  const struct fq_proof_model *model;
  const struct fq_plugin *plugin;
  struct fq_coverage *coverage;
  struct policy *policies;
  size_t policy_count;
  struct handler *handlers;
  size_t handler_count;
  int64_t week_ms, passive_ms;

  /* prove_county.c */
  fq_json *place_rows, *category_rows;
  struct place *places;
  size_t place_count;
  fq_json *villages; /* [{org, name, township, township_name}] */
  size_t village_count;
  const fq_json **categories; /* strings */
  size_t category_count;
  fq_json **levels; /* numbers */
  int *level_numbers;
  size_t level_count;
  struct slot *slots;
  size_t slot_count, state_count;
  int64_t *state_at; /* a time at which it holds */
  int64_t *change_ms;
  int *change_state; /* from change_ms[i] on */
  size_t change_count;
  struct ladder *ladders;
  size_t ladder_count;
  struct fq_map *ladder_by_text, *shapes, *futures;

  /* prove_walk.c */
  struct situation *now;
  struct joint *joints;
  size_t joint_count, outcome_count;
  struct fq_map *joint_by_key, *joint_shapes, *outcomes, *accounts;
  bool reads_time, fine; /* fine: slots of a quarter of an hour */

  /* prove_play.c */
  struct fq_map *here;    /* codes and names that only some places have */
  struct fq_map *endings; /* key -> struct ending list */
  struct ending **all_endings;
  size_t ending_count;
  bool played_all;
  struct fq_map *steady; /* shape + ladder shape -> ending list that holds while nobody comes or goes */

  /* prove_find.c */
  struct fq_map *problems; /* key -> problem */
  struct fq_map *rows;     /* of the list "coverage" */
  struct fq_map *classes, *endings_told;
  char *letters; /* of the list "villages": HOURS a village */
  bool any_sends;
  int64_t errors, warnings, notes;
};

/* prove_county.c */
enum fq_status prove_county(struct proof *p, struct fq_error *e);
void prove_slots(struct proof *p, int64_t step_ms); /* cuts the week anew */
void prove_county_free(struct proof *p);
/* The shapes of its ladder from the slot on, with the times between. */
int64_t prove_steady_ms(const struct proof *p, const struct place *at, size_t slot);
size_t prove_future(struct proof *p, const struct place *at, size_t slot);
/* The number of a text, 1 for the first; the map keeps them. */
size_t prove_number(struct fq_map **map, const char *text);
const struct ladder *prove_ladder(const struct proof *p, const struct place *at, size_t slot);
const char *prove_rung(const struct ladder *l, const char *level, const char *member);

/* prove_walk.c: fills cells[(category * levels + level) * slots + slot] with numbers of joints. */
enum fq_status prove_walk_open(struct proof *p, struct fq_error *e);
enum fq_status prove_walk(struct proof *p, const struct place *at, uint32_t *cells, struct fq_error *e);
void prove_walk_slots(struct proof *p); /* after the week was cut anew */
void prove_walk_close(struct proof *p);
/* The axes of a read by a policy, on any entry: by name, by what it looks like, by the view. */
uint32_t prove_axes(const struct proof *p, const struct fq_read *r, const fq_json *v);

/* prove_play.c */
struct ending *prove_play(struct proof *p, const struct place *at, size_t slot, int category, int level,
                          const struct joint *j, struct outlook *o, struct fq_error *e);
void prove_play_free(struct proof *p);

/* A thing that is wrong, as rules of the first two know it: {rule, severity, key, zh, en, policy, path,
 * line}. */
void prove_found(const struct proof *p, fq_json *list, const char *rule, const char *severity,
                 const char *key, const char *policy, int line, char *zh,
                 char *en); /* takes zh and en; once a key */
/* Every command of `policy` against those of others that came before on the same entry. */
void prove_fights(const struct proof *p, fq_json *list, const char *policy, const fq_json *command,
                  const fq_json *others);

/* prove_find.c */
enum fq_status prove_find(struct proof *p, struct fq_error *e);
void prove_find_free(struct proof *p);

void prove_print(FILE *out, const char *list, const fq_json *value); /* prove_print.c */

#endif
