/*
 * store.c - the tables: one row of each report with the stage its incident is in, one of each step it has
 * taken. The incidents' own entries move them along. Kernel thread; finding on reader threads too.
 */
#include <stdio.h>
#include <string.h>

#include "public.h"

const char *const pub_migrations[] = {
    "CREATE TABLE public_report(number INTEGER PRIMARY KEY, incident TEXT NOT NULL, follows TEXT NOT NULL,"
    " org TEXT NOT NULL, category TEXT NOT NULL, title TEXT NOT NULL, stage TEXT NOT NULL, code TEXT NOT "
    "NULL,"
    " name TEXT, phone TEXT, mark TEXT, lon REAL, lat REAL, at_ms INTEGER NOT NULL, closed_ms INTEGER,"
    " score INTEGER, rated_ms INTEGER, revealed INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX public_report_incident ON public_report(incident);"
    "CREATE INDEX public_report_follows ON public_report(follows);"
    "CREATE UNIQUE INDEX public_report_code ON public_report(code);"
    "CREATE INDEX public_report_mark ON public_report(mark, at_ms) WHERE mark IS NOT NULL;"
    "CREATE TABLE public_step(number INTEGER NOT NULL, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
    " stage TEXT NOT NULL, text TEXT, PRIMARY KEY(number, seq)) WITHOUT ROWID;",
    NULL};

/* ---- finding ------------------------------------------------------------------------------------------ */

#define COLUMNS                                                                                              \
  "SELECT number, incident, follows, org, category, stage, code, at_ms, closed_ms, rated_ms, score, "        \
  "revealed, title FROM public_report WHERE "

static bool read_row(fq_stmt *q, struct pub_report *r) {
  *r = (struct pub_report){0};
  if (!fq_row(q)) return false;
  r->number = fq_col_int(q, 0);
  snprintf(r->incident, sizeof r->incident, "%s", fq_col_str(q, 1));
  snprintf(r->follows, sizeof r->follows, "%s", fq_col_str(q, 2));
  snprintf(r->org, sizeof r->org, "%s", fq_col_str(q, 3));
  snprintf(r->category, sizeof r->category, "%s", fq_col_str(q, 4));
  snprintf(r->stage, sizeof r->stage, "%s", fq_col_str(q, 5));
  snprintf(r->code, sizeof r->code, "%s", fq_col_str(q, 6));
  r->at_ms = fq_col_int(q, 7);
  r->closed_ms = fq_col_int(q, 8);
  r->rated_ms = fq_col_int(q, 9);
  r->score = fq_col_int(q, 10);
  r->revealed = fq_col_int(q, 11);
  snprintf(r->title, sizeof r->title, "%s", fq_col_str(q, 12));
  fq_done(q);
  return true;
}

bool pub_find_incident(fq_db *db, const char *incident, struct pub_report *r) {
  return read_row(fq_sql(db, COLUMNS "incident = ?1", "s", incident), r);
}

bool pub_find_number(fq_db *db, int64_t number, struct pub_report *r) {
  return read_row(fq_sql(db, COLUMNS "number = ?1", "i", number), r);
}

bool pub_find_code(fq_db *db, const char *code, struct pub_report *r) {
  return read_row(fq_sql(db, COLUMNS "code = ?1", "s", code), r);
}

/* ---- apply -------------------------------------------------------------------------------------------- */

static void step(struct fq_apply *a, const struct fq_entry *e, int64_t number, const char *stage,
                 const char *text) {
  fq_exec(a->db, "INSERT OR IGNORE INTO public_step(number, seq, at_ms, stage, text) VALUES(?1,?2,?3,?4,?5)",
          "iiiss", number, e->seq, e->at_ms, stage, text);
}

enum fq_status pub_apply_reported(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data, *place = fq_json_get(d, "place");
  int64_t number = fq_json_int(d, "number", 0);
  fq_exec(a->db,
          "INSERT INTO public_report(number, incident, follows, org, category, title, stage, code, name, "
          "phone, mark, at_ms) VALUES(?1,?2,?2,?3,?4,?5,'received',?6,?7,?8,?9,?10)",
          "issssssssi", number, e->subject, e->org, fq_json_str(d, "category"), fq_json_str(d, "title"),
          fq_json_str(d, "code"), fq_json_str(d, "name"), fq_json_str(d, "phone"), fq_json_str(d, "mark"),
          e->at_ms);
  if (place)
    fq_exec(a->db, "UPDATE public_report SET lon = ?2, lat = ?3 WHERE number = ?1", "idd", number,
            fq_json_num(place, "lon", 0), fq_json_num(place, "lat", 0));
  step(a, e, number, "received", NULL);
  return FQ_OK;
}

enum fq_status pub_apply_replied(struct fq_apply *a, const struct fq_entry *e) {
  step(a, e, fq_json_int(e->data, "number", 0), "replied", fq_json_str(e->data, "text"));
  return FQ_OK;
}

enum fq_status pub_apply_rated(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE public_report SET score = ?2, rated_ms = ?3 WHERE number = ?1", "iii",
          fq_json_int(e->data, "number", 0), fq_json_int(e->data, "score", 0), e->at_ms);
  return FQ_OK;
}

enum fq_status pub_apply_revealed(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE public_report SET revealed = revealed + 1 WHERE number = ?1", "i",
          fq_json_int(e->data, "number", 0));
  return FQ_OK;
}

/* How far along it is, to a resident. What goes back and forth between desks is none of the story. */
static const struct {
  const char *state, *stage;
  int rank;
} stages[] = {{"reported", "received", 0}, {"accepted", "accepted", 1}, {"dispatched", "sent", 2},
              {"handling", "working", 3},  {"handled", "handled", 5},   {"verified", "verified", 6},
              {"closed", "closed", 7},     {"returned", "returned", 7}, {"voided", "refused", 7},
              {"suspended", "paused", 8}};

static const char *stage_of(const char *state, int *rank) {
  for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
    if (!strcmp(stages[i].state, state)) return *rank = stages[i].rank, stages[i].stage;
  return NULL;
}

static int rank_of(const char *stage) {
  if (!strcmp(stage, "arrived")) return 4;
  for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
    if (!strcmp(stages[i].stage, stage)) return stages[i].rank;
  return 0;
}

/* The reports that show this incident's state; few incidents have any. */
static void move(struct fq_apply *a, const struct fq_entry *e, const char *stage, int rank) {
  bool again = !strcmp(e->kind, "incident.reopened") || !strcmp(e->kind, "incident.resumed");
  fq_stmt *q = fq_sql(a->db, "SELECT number, stage FROM public_report WHERE follows = ?1", "s", e->subject);
  while (fq_row(q)) {
    int64_t number = fq_col_int(q, 0);
    const char *before = fq_col_str(q, 1);
    bool told = strcmp(before, stage) && (rank > rank_of(before) || !strcmp(before, "paused"));
    if (!strcmp(e->kind, "incident.reopened"))
      step(a, e, number, "reopened", NULL);
    else if (told && !again)
      step(a, e, number, stage, NULL);
  }
  fq_exec(a->db,
          "UPDATE public_report SET stage = ?2, closed_ms = CASE WHEN ?2 = 'closed' THEN ?3 END"
          " WHERE follows = ?1",
          "ssi", e->subject, stage, e->at_ms);
}

enum fq_status pub_apply_moved(struct fq_apply *a, const struct fq_entry *e) {
  bool task = !strncmp(e->kind, "task.", 5);
  const char *state = fq_json_str(e->data, task ? "incident_state" : "state");
  int rank = 0;
  const char *stage = state ? stage_of(state, &rank) : NULL;
  if (!strcmp(e->kind, "task.arrived")) {
    stage = "arrived";
    rank = 4;
  }
  if (stage && fq_int(a->db, 0, "SELECT 1 FROM public_report WHERE follows = ?1 LIMIT 1", "s", e->subject))
    move(a, e, stage, rank);
  return FQ_OK;
}

/* From here on they show what becomes of the other; its state comes with its own entry (incident.joined). */
enum fq_status pub_apply_merged(struct fq_apply *a, const struct fq_entry *e) {
  fq_stmt *q = fq_sql(a->db, "SELECT number FROM public_report WHERE follows = ?1", "s", e->subject);
  while (fq_row(q))
    step(a, e, fq_col_int(q, 0), "joined", NULL);
  fq_exec(a->db, "UPDATE public_report SET follows = ?2 WHERE follows = ?1", "ss", e->subject,
          fq_json_str(e->data, "into"));
  return FQ_OK;
}

enum fq_status pub_apply_split(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE public_report SET follows = incident WHERE incident = ?1", "s", e->subject);
  return pub_apply_moved(a, e);
}
