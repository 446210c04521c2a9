/*
 * A small county for the tests of the dispatch plugin, on the real kernel with a fake clock. Every call that
 * is expected to succeed fails the test otherwise, with the server's own message.
 *
 *   430525 county: dispatcher, commander, admin          430525-D01 department-01
 *     430525100000 A: director-a   430525100201 village (nobody)
 *         -01 officer-a1, officer-a3 (110.50, 27.10)   -02 officer-a2 (110.52, 27.10)   -03 nobody
 * (110.54, 27.10) 430525101000 B: director-b   430525101201          -01 officer-b1 (110.70, 27.00)
 *     430525102000 C: nobody       430525102201          -01 nobody (110.60, 27.30)
 * On duty from the start: a1, a2, b1. Skills: a1 fire; a2 dispute; a3 fire; b1 fire, dispute.
 */
#ifndef DISPATCH_WORLD_H
#define DISPATCH_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fengqiao.h"
#include "kernel/kernel.h"

#define GRID_A1 "430525100201-01"
#define GRID_A2 "430525100201-02"
#define GRID_A3 "430525100201-03"
#define GRID_B1 "430525101201-01"
#define GRID_C1 "430525102201-01"
#define SECOND  INT64_C(1000)
#define MINUTE  (60 * SECOND)
#define HOUR    (60 * MINUTE)

struct world {
  fq_kernel *kernel;
  void *self;      /* the plugin's state */
  bool policies;   /* the policy module is there */
  bool workshop;   /* ... and the workshop */
  int64_t t0_ms;   /* 2026-11-22T00:00:00Z */
  fq_json *result; /* of the last call */
  struct fq_error error;
  char dir[64];                   /* of a county on disk, else "" */
  const struct fq_plugin *beside; /* another plugin, and its state */
  void *beside_self;
};
extern struct world w;

int world_open(void **state);         /* in memory */
int world_open_on_disk(void **state); /* for rebuilding */
int world_open_on_disk_with_policies(void **state);
int world_open_on_disk_with_workshop(void **state);            /* ... and the workshop, with its drafts */
int world_open_with_policies(void **state);                    /* the policy module beside the plugin */
int world_open_on_disk_beside(const struct fq_plugin *beside); /* with another plugin */
int world_close(void **state);

/* As this user ("system", "public" without an account, "policy/<name>", "officer@<unit>" for one that a test
 * adds); printf-style JSON parameters. act() must succeed and gives the result, which lives until the next
 * call; try() gives the status, w.error the rest. */
const fq_json *act(const char *who, const char *method, const char *params, ...);
enum fq_status try(const char *who, const char *method, const char *params, ...);
void refused(const char *who, const char *method, enum fq_status status, const char *code, const char *params,
             ...);

const char *report(const char *who, const char *grid,
                   const char *category);                     /* its id, until the next report */
const char *task_for(const char *incident, const char *user); /* dispatches; the task's id, until the next */
void finish_task(const char *who, const char *task);          /* accept, arrive, feed back, finish */
const char *keep(char out[FQ_ID_MAX], const char *id);        /* an id beyond the next call */
const fq_json *incident(const char *id);
void state_is(const char *id, const char *state);
void task_state_is(const char *incident, const char *task, const char *state);
const char *clock_state(const char *incident, const char *policy, const char *name); /* NULL: there is none */

void at(int64_t after_t0_ms);      /* moves the clock there, timers firing on time */
void wake_at(int64_t after_t0_ms); /* the server was down until then: timers fire late */
void restart(void);                /* of a county on disk; no time passes */
int64_t entries(const char *kind); /* how many there are */
const char *entry(const char *kind,
                  const char *column); /* "data", "audience", ... of the latest; until the next */
void rebuild_gives_the_same(void);

#endif
