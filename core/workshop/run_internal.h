/* What the runs share: see run.h. */
#ifndef FQ_WORKSHOP_RUN_INTERNAL_H
#define FQ_WORKSHOP_RUN_INTERNAL_H

#include "policy/scenario.h"
#include "workshop/run.h"

/* test.c: the rows of "scenarios", for the runs test and check */
enum fq_status fq_run_scenarios(const struct fq_run *r, const char *only, struct fq_scenario_count *count,
                                struct fq_error *e);
void fq_print_scenario(FILE *out, const fq_json *row);

/* project_print.c: a row of the projection, or its summary (list NULL), for people */
void fq_print_projection(FILE *out, const char *list, const fq_json *value);

#endif
