/* What the files of the mock kernel share. Tests include mock_kernel.h. */
#ifndef MOCK_INTERNAL_H
#define MOCK_INTERNAL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"
#include "mock_kernel.h"
#include "plugin/loader.h"
#include "plugin/options.h"
#include "store/db.h"

struct fq_tick {
  int64_t cause; /* the entry being answered */
  int64_t last;  /* the last entry emitted */
};

struct mock_job {
  struct mock_job *next;
  void (*work)(void *arg); /* NULL for a post */
  void (*done)(fq_kernel *k, void *arg);
  void *arg;
};

struct fq_kernel {
  const struct fq_plugin *plugin;
  void *self;
  fq_db *db;
  int64_t now_ms, reacted; /* reacted: reactions have heard up to this seq */
  struct fq_actor actor;
  char actor_name[FQ_ID_MAX], actor_org[FQ_ID_MAX];
  struct fq_error error;
  fq_json *kept; /* everything handed to the test, freed at the end */
  fq_json *provided, *calls, *published;
  struct mock_job *jobs, **jobs_tail;
  char health[256], data_dir[256], session[32]; /* session: that calls from now on */
  const struct fq_transport *transport;
  void *transport_self;
};

extern struct fq_kernel mock;
extern const struct fq_actor mock_system_actor;

const fq_json *mock_keep(fq_json *v);
fq_json *mock_parse(const char *text); /* fails the test when it is no JSON; NULL gives {} */

/* mock_schema.c */
enum fq_status mock_check_params(const struct fq_param *table, const fq_json *params, struct fq_error *e);
/* mock_journal.c */
void mock_journal_open(void);
void mock_fire_due(int64_t until_ms, bool late);
enum fq_status mock_apply(int64_t seq, struct fq_error *e);
/* mock_transport.c */
void mock_transport_close(void);
/* mock_outside.c */
int64_t mock_after_due(void); /* -1: none */
void mock_after_ring(void);
void mock_outside_close(void);
/* mock_kernel.c */
enum fq_status mock_run(const struct fq_actor *actor, int64_t cause, bool inside, const char *method,
                        fq_json *params, fq_json **result, struct fq_error *e);
void mock_react(void);

#endif
