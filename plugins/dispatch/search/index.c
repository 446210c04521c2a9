/*
 * index.c - the index of words over incidents: what goes into it, and when.
 *
 * It is an FTS5 table without content: its own log-structured merging keeps writing append-local, and the
 * texts stand once, in the incident and in the journal. Indexing inside a report cost about 100 µs on average
 * and, when FTS5 merged its segments, stalls of up to 40 ms (tests/bench/search inside). So a report only
 * notes its document in `search_new`; a durable timer has `search.index` take 64 at a time, one flush of FTS5
 * for all, and merge a bounded number of pages. A search looks through `search_new` itself, so nothing is
 * found late. Kernel thread.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "search/search.h"

#define TIMER       "search:index"
#define WAIT_MS     2000 /* from the first new document to indexing: a batch gathers */
#define NEXT_MS     20   /* between batches, while there is more: people are heard in between */
#define RETRY       256  /* entries */
#define BATCH       64   /* documents: 2 ms of a tick, at most 5 with merging */
#define MERGE_PAGES "16" /* of FTS5 after a batch: keeps up with the batches, in bounded steps */

int64_t dp_search_cell(double lon, double lat, double cells) {
  return (int64_t)floor((lat + 90) * cells) * 100000 + (int64_t)floor((lon + 180) * cells);
}

/* ---- what is new --------------------------------------------------------------------------------------- */

static void note(struct fq_apply *a, const struct fq_entry *e, int64_t doc, const char *words,
                 const char *mark) {
  bool idle = !fq_int(a->db, 0, "SELECT 1 FROM search_new LIMIT 1", "");
  fq_exec(a->db, "INSERT INTO search_new(seq, doc, words, mark) VALUES(?1, ?2, ?3, ?4)", "iiss", e->seq, doc,
          words, mark);
  /* While there is more the timer sets itself anew. Should that have failed once, a later entry wakes it. */
  if (idle || e->seq % RETRY == 0)
    fq_timer_set(a, TIMER, e->at_ms + (idle ? WAIT_MS : NEXT_MS), "search.index", "", NULL);
}

/* Something is added to an incident: its next part. One with more parts than there are numbers keeps those it
 * has. */
static void part(struct fq_apply *a, const struct fq_entry *e, const char *words, const char *mark) {
  int64_t n = dp_id_n(e->subject, 'i');
  int64_t next =
      1 + fq_int(a->db, DP_DOC(n, 0), "SELECT max(doc) FROM search_part WHERE doc BETWEEN ?1 AND ?2", "ii",
                 DP_DOC(n, 0), DP_DOC(n, DP_DOC_PARTS - 1));
  if (!n || DP_DOC_N(next) != n) return;
  fq_exec(a->db, "INSERT INTO search_part(doc, seq) VALUES(?1, ?2)", "ii", next, e->seq);
  note(a, e, next, words, mark);
}

enum fq_status dp_apply_search_text(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  char mark[FQ_ID_MAX + 8] = "";
  if (!strcmp(e->kind, "incident.reported")) {
    note(a, e, DP_DOC(dp_id_n(e->subject, 'i'), 0), NULL, NULL);
  } else if (!strcmp(e->kind, "task.created") || !strcmp(e->kind, "task.moved")) {
    const fq_json *to = fq_json_get(d, "to");
    fq_stmt *q = NULL;
    const char *user = fq_json_str(to, "user"), *unit = fq_json_str(to, "unit"),
               *team = fq_json_str(to, "team");
    if (!user && !unit && !team) /* moved: whose it is stands in its row */
      q = fq_sql(a->db, "SELECT to_user, to_unit, to_team FROM task WHERE n = ?1", "i",
                 dp_id_n(fq_json_str(d, "task"), 't'));
    bool row = q && fq_row(q);
    if (row) user = fq_col_str(q, 0), unit = fq_col_str(q, 1), team = fq_col_str(q, 2);
    snprintf(mark, sizeof mark, "%c:%s", user ? DP_MARK_SENT : DP_MARK_TEAM,
             user   ? user
             : unit ? unit
             : team ? team
                    : "");
    if (row) fq_done(q);
    part(a, e, NULL, mark);
  } else if (!strcmp(e->kind, "incident.supervised")) {
    snprintf(mark, sizeof mark, "%c:%s", DP_MARK_CARD, fq_json_str(d, "card"));
    part(a, e, fq_json_str(d, "note"), mark);
  } else if (!strcmp(e->kind, "countersign.asked") ||
             fq_json_get(d, "owner")) { /* a unit has to do with it */
    const char *owner = fq_json_str(fq_json_get(d, "owner"), "org"), *unit = fq_json_str(d, "unit");
    snprintf(mark, sizeof mark, "%c:%s", DP_MARK_TEAM, owner ? owner : unit ? unit : "");
    part(a, e, NULL, mark);
  } else if (!strncmp(e->kind, "clock.", 6)) {
    snprintf(mark, sizeof mark, "%c:1", DP_MARK_BREACHED);
    part(a, e, NULL, mark);
  } else if (fq_json_str(d, "text")) {
    part(a, e, fq_json_str(d, "text"), NULL);
  }
  return FQ_OK;
}

/* ---- words --------------------------------------------------------------------------------------------- */

struct words {
  char *text;
  size_t len, cap;
};

static void add(struct words *w, const char *token) {
  size_t n = strlen(token);
  if (w->len + n + 2 > w->cap) {
    w->cap = 2 * w->cap + n + 2048;
    w->text = realloc(w->text, w->cap);
    if (!w->text) abort();
  }
  memcpy(w->text + w->len, token, n);
  w->len += n;
  w->text[w->len++] = ' ';
  w->text[w->len] = '\0';
}

static void add_mark(struct words *w, enum dp_mark m, const char *of) {
  char token[FQ_ID_MAX + 4];
  snprintf(token, sizeof token, "%c:%s", m, of);
  add(w, token);
}

static void add_text(struct words *w, const char *text) {
  uint32_t points[DP_POINTS_MAX];
  struct dp_tokens t = {.points = points, .count = dp_fold(text, points, DP_POINTS_MAX), .ends = true};
  while (dp_token_next(&t))
    add(w, t.text);
}

/* Every unit of the line but its top: "/county/township/village/". */
static void add_line(struct words *w, const char *path) {
  char unit[FQ_ID_MAX];
  for (int at = 0; *path; at++) {
    path += strspn(path, "/");
    size_t n = strcspn(path, "/");
    if (at && n && n < sizeof unit) {
      memcpy(unit, path, n);
      unit[n] = '\0';
      add_mark(w, DP_MARK_ORG, unit);
    }
    path += n;
  }
}

static void add_cell(struct words *w, enum dp_mark m, double lon, double lat, double cells) {
  char number[32];
  snprintf(number, sizeof number, "%lld", (long long)dp_search_cell(lon, lat, cells));
  add_mark(w, m, number);
}

static void add_incident(fq_db *db, struct words *w, int64_t n, bool report) {
  fq_stmt *q =
      fq_sql(db,
             "SELECT path, title, text, address, reporter, category, level, source, lon, lat FROM incident"
             " WHERE n = ?1",
             "i", n);
  if (!fq_row(q)) return;
  add_line(w, fq_col_str(q, 0));
  add_mark(w, DP_MARK_REPORTER, fq_col_str(q, 4));
  if (report) {
    char level[16];
    for (int k = 1; k <= 3; k++)
      add_text(w, fq_col_str(q, k));
    add_mark(w, DP_MARK_CATEGORY, fq_col_str(q, 5));
    snprintf(level, sizeof level, "%lld", (long long)fq_col_int(q, 6));
    add_mark(w, DP_MARK_LEVEL, level);
    add_mark(w, DP_MARK_SOURCE, fq_col_str(q, 7));
    if (!fq_col_null(q, 8)) {
      add_cell(w, DP_MARK_NEAR, fq_col_num(q, 8), fq_col_num(q, 9), DP_NEAR_CELLS);
      add_cell(w, DP_MARK_FAR, fq_col_num(q, 8), fq_col_num(q, 9), DP_FAR_CELLS);
    }
  }
  fq_done(q);
}

/* ---- indexing -------------------------------------------------------------------------------------------
 */

enum fq_status dp_search_index(struct fq_call *c) {
  int64_t upto = 0, count = 0;
  fq_stmt *q = fq_sql(c->db, "SELECT seq FROM search_new ORDER BY seq LIMIT ?1", "i", (int64_t)BATCH);
  while (fq_row(q)) {
    upto = fq_col_int(q, 0);
    count++;
  }
  if (!count) return FQ_OK;
  fq_json *data = fq_json_object();
  fq_json_set_int(data, "upto", upto);
  fq_json_set_int(data, "documents", count);
  return fq_emit(c, (struct fq_draft){.kind = "search.indexed", .data = data});
}

struct document {
  int64_t doc;
  char *words, *mark;
};

static char *copy(const char *s) {
  char *d = s ? strdup(s) : NULL;
  if (s && !d) abort();
  return d;
}

enum fq_status dp_apply_indexed(struct fq_apply *a, const struct fq_entry *e) {
  int64_t upto = fq_json_int(e->data, "upto", 0);
  size_t count = 0, most = (size_t)fq_json_int(e->data, "documents", 0);
  struct document *docs = calloc(most + 1, sizeof *docs);
  if (!docs) abort();
  /* In the order of their numbers: FTS5 then writes one segment. */
  fq_stmt *q =
      fq_sql(a->db, "SELECT doc, words, mark FROM search_new WHERE seq <= ?1 ORDER BY doc", "i", upto);
  while (fq_row(q))
    if (count < most)
      docs[count++] = (struct document){fq_col_int(q, 0), copy(fq_col_str(q, 1)), copy(fq_col_str(q, 2))};
  struct words w = {0};
  for (size_t k = 0; k < count; k++) {
    w.len = 0;
    int64_t doc = docs[k].doc;
    add_incident(a->db, &w, DP_DOC_N(doc), doc == DP_DOC(DP_DOC_N(doc), 0));
    if (docs[k].words) add_text(&w, docs[k].words);
    if (docs[k].mark) add(&w, docs[k].mark);
    if (w.len) fq_exec(a->db, "INSERT INTO search_words(rowid, words) VALUES(?1, ?2)", "is", doc, w.text);
    free(docs[k].words);
    free(docs[k].mark);
  }
  free(w.text);
  free(docs);
  fq_exec(a->db, "INSERT INTO search_words(search_words, rank) VALUES('merge', " MERGE_PAGES ")", "");
  fq_exec(a->db, "DELETE FROM search_new WHERE seq <= ?1", "i", upto);
  if (fq_int(a->db, 0, "SELECT 1 FROM search_new LIMIT 1", ""))
    fq_timer_set(a, TIMER, e->at_ms + NEXT_MS, "search.index", "", NULL);
  return FQ_OK;
}
