/*
 * outcome.c - what came of a telling: a row an incident, with the clocks it had, and a row an officer. Plain
 * data, so that a world can hand it over from a process of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "projection/projection.h"

static fq_json *lines_of(const char *text) {
  fq_json *list = fq_json_array();
  for (const char *at = text; at && *at;) {
    size_t len = strcspn(at, "\n");
    char *one = strndup(at, len);
    fq_json_push(list, fq_json_new_str(one));
    free(one);
    at += len + (at[len] == '\n');
  }
  return list;
}

/* Reaching a milestone is reaching those before it. */
static int64_t reached(const struct pj_incident *i, int milestone) {
  int64_t at_ms = 0;
  for (int m = milestone < 0 ? DP_MILESTONE_COUNT : milestone; m < DP_MILESTONE_COUNT; m++)
    if (i->at_ms[m] && (!at_ms || i->at_ms[m] < at_ms)) at_ms = i->at_ms[m];
  return at_ms;
}

static fq_json *clock_json(const struct pj_incident *i, const struct pj_clock *k) {
  fq_json *j = fq_json_object();
  int64_t end_ms = reached(i, k->to);
  fq_json_set_str(j, "policy", k->policy);
  fq_json_set_str(j, "clock", k->name);
  if (*k->title) fq_json_set_str(j, "title", k->title);
  fq_json_set_int(j, "limit_ms", k->limit_ms);
  if (end_ms) fq_json_set_int(j, "took_ms", end_ms - k->from_ms);
  fq_json_set_bool(j, "breached", k->breached_ms != 0);
  return j;
}

static void span(fq_json *j, const char *name, const struct pj_incident *i, enum dp_milestone m) {
  if (i->at_ms[m]) fq_json_set_int(j, name, i->at_ms[m] - i->at_ms[DP_M_REPORTED]);
}

static fq_json *incident_json(const struct pj_incident *i) {
  char id[FQ_ID_MAX];
  fq_json *j = fq_json_object(), *clocks = fq_json_array();
  dp_id_make(id, 'i', i->n);
  fq_json_set_str(j, "subject", id);
  fq_json_set_int(j, "number", i->number);
  fq_json_set_str(j, "title", i->title);
  fq_json_set_str(j, "category", i->category);
  fq_json_set_int(j, "level", i->level);
  fq_json_set_str(j, "township", i->township);
  fq_json_set_int(j, "at_ms", i->at_ms[DP_M_REPORTED]);
  fq_json_set_str(j, "owner", i->owner);
  if (*i->owner_name) fq_json_set_str(j, "owner_name", i->owner_name);
  fq_json_set(j, "sent", lines_of(i->sent));
  fq_json_set(j, "raised", lines_of(i->raised));
  fq_json_set(j, "carded", lines_of(i->carded));
  fq_json_set_int(j, "escalated", i->escalated);
  fq_json_set_int(j, "cards", i->cards);
  span(j, "dispatched_ms", i, DP_M_DISPATCHED);
  span(j, "handled_ms", i, DP_M_HANDLED);
  span(j, "closed_ms", i, DP_M_CLOSED);
  if (i->voided) fq_json_set_bool(j, "voided", true);
  for (size_t x = 0; x < i->clock_count; x++)
    fq_json_push(clocks, clock_json(i, &i->clocks[x]));
  fq_json_set(j, "clocks", clocks);
  return j;
}

fq_json *pj_outcome(const void *memory) {
  const struct pj_memory *m = memory;
  fq_json *j = fq_json_object(), *incidents = fq_json_array(), *officers = fq_json_array();
  for (size_t x = 0; x < m->incident_count; x++)
    if (m->incident_list[x].told) fq_json_push(incidents, incident_json(&m->incident_list[x]));
  int64_t *busy_ms = calloc(m->officer_count + 1, sizeof *busy_ms);
  for (size_t x = 0; x < m->task_count; x++) { /* what he still has in hand when the stretch ends */
    const struct pj_task *t = &m->task_list[x];
    int64_t since_ms = t->accepted_ms > m->from_ms ? t->accepted_ms : m->from_ms;
    if (t->accepted_ms && !t->ended_ms && t->officer != PJ_NONE) busy_ms[t->officer] += m->to_ms - since_ms;
  }
  for (size_t x = 0; x < m->officer_count; x++) {
    const struct pj_officer *o = &m->officer_list[x];
    fq_json *one = fq_json_object();
    fq_json_set_str(one, "user", o->user);
    fq_json_set_str(one, "name", o->name);
    fq_json_set_int(one, "tasks", o->tasks);
    fq_json_set_int(one, "busy_ms", o->busy_ms + busy_ms[x]);
    fq_json_push(officers, one);
  }
  free(busy_ms);
  fq_json_set(j, "incidents", incidents);
  fq_json_set(j, "officers", officers);
  return j;
}
