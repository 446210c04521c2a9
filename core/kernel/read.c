/*
 * Reading off the kernel thread: queries, and what a resuming session has missed. Each read sees one
 * consistent snapshot. fq_reader_* and the work functions run on reader threads, the rest on the kernel
 * thread.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/internal.h"

#define WINDOW                                                                                               \
  100000 /* entries a resume may look back over; beyond it a snapshot is cheaper for everybody               \
          */
#define BATCH_MAX 10000 /* ... and may send */
#define SMALL                                                                                                \
  64 /* what came in while the reader read is read on the kernel thread when it is this little               \
      */

void *fq_reader_open(void *arg) {
  fq_kernel *k = arg;
  struct fq_error e = {0};
  fq_db *db = fq_db_open(k->path, FQ_DB_READER, &e);
  if (!db) fq_log(FQ_LOG_ERROR, "reader: %s", e.en);
  return db;
}

void fq_reader_close(void *db) {
  fq_db_close(db);
}

enum fq_status fq_query_run(fq_kernel *k, fq_db *db, struct fq_request *r) {
  if (!db)
    return fq_fail(&r->error, FQ_E_STORAGE, "storage", "", "数据库无法读取", "the database cannot be read");
  fq_json *result = fq_json_object();
  const struct bound_method *b = r->state->bound;
  struct fq_query q = {.db = db,
                       .self = b->module->self,
                       .actor = &r->state->actor,
                       .params = r->params,
                       .now_ms = fq_clock_ms(&k->clock),
                       .head = fq_int(db, 0, "SELECT max(seq) FROM journal", ""),
                       .result = result,
                       .error = &r->error};
  enum fq_status st = b->method->query(&q);
  if (!st && fq_failed(db)) st = fq_db_error(db, &r->error);
  if (st) {
    if (!r->error.status) fq_fail(&r->error, st, "internal", "", "查询失败", "the query failed");
    fq_json_free(result);
  } else
    r->result = result;
  return st;
}

struct reading {
  fq_kernel *kernel;
  struct fq_request *request;
  struct fq_session *session; /* catching up */
  struct fq_actor actor;
  int64_t from, to; /* entries after `from`, up to `to` */
  struct fq_event **events;
  size_t count, cap;
  bool too_much;
};

static void query_work(void *context, void *arg) {
  struct reading *rd = arg;
  fq_db *db = context;
  if (db) {
    fq_db_clear(db);
    fq_db_begin(db, false);
  }
  fq_query_run(rd->kernel, db, rd->request);
  if (db) fq_db_rollback(db);
}

static void query_done(void *arg) {
  struct reading *rd = arg;
  fq_answer(rd->kernel, rd->request);
  free(rd);
}

void fq_read_query(fq_kernel *k, struct fq_request *r) {
  struct reading *rd = fq_alloc(sizeof *rd);
  *rd = (struct reading){.kernel = k, .request = r};
  if (k->readers) {
    fq_pool_add(k->readers, query_work, query_done, rd);
    return;
  }
  fq_query_run(k, k->db, r); /* in memory there is but one connection */
  fq_db_clear(k->db);
  query_done(rd);
}

/* Kinds and methods are fixed after boot, so a reader may look them up. */
static void collect(struct reading *rd, fq_db *db) {
  fq_stmt *q = fq_journal_after(db, rd->from, INT64_MAX);
  while (fq_row(q)) {
    struct fq_row row;
    fq_journal_get(q, &row);
    rd->to = row.seq;
    const struct bound_kind *b = fq_map_get(rd->kernel->kinds, row.kind);
    if (!b || (!b->kind->roles && !row.audience[0])) continue;
    if (!fq_entry_visible(db, &rd->actor, b->kind, row.org, row.audience)) continue;
    if (rd->count == BATCH_MAX) {
      rd->too_much = true;
      fq_done(q);
      return;
    }
    if (rd->count == rd->cap) {
      rd->cap = rd->cap ? rd->cap * 2 : 64;
      rd->events = fq_realloc(rd->events, rd->cap * sizeof rd->events[0]);
    }
    rd->events[rd->count++] =
        fq_event_new(row.seq, row.at_ms, row.kind, row.subject, row.org, row.actor, row.cause, row.data);
  }
}

static void catch_up_work(void *context, void *arg) {
  struct reading *rd = arg;
  fq_db *db = context;
  if (!db) {
    rd->too_much = true;
    return;
  }
  fq_db_clear(db);
  fq_db_begin(db, false);
  collect(rd, db);
  if (fq_failed(db)) rd->too_much = true;
  fq_db_rollback(db);
}

static void catch_up_done(void *arg) {
  struct reading *rd = arg;
  fq_kernel *k = rd->kernel;
  struct fq_session *s = rd->session;
  struct fq_request *r = rd->request;
  if (!s->dropped && !rd->too_much && k->head.seq - rd->to > SMALL) {
    rd->from = rd->to; /* much happened meanwhile: once more */
    fq_pool_add(k->readers, catch_up_work, catch_up_done, rd);
    return;
  }
  if (!s->dropped && !rd->too_much && k->head.seq > rd->to) {
    rd->from = rd->to;
    collect(rd, k->db);
    if (fq_failed(k->db)) rd->too_much = true;
    fq_db_clear(k->db);
  }
  if (s->dropped) {
    fq_fail(&r->error, FQ_E_SIGNED_OUT, "session.gone", "", "会话已结束", "the session has ended");
    r->opened = NULL;
  } else {
    r->result = fq_json_object();
    fq_json_set_str(r->result, "sid", s->sid);
    fq_json_set_str(r->result, "epoch", k->epoch);
    fq_json_set_bool(r->result, "resumed", !rd->too_much);
    fq_json_set_int(r->result, "head", k->head.seq);
  }
  fq_answer(k,
            r); /* the transport learns of the session before its first event, and may drop it right here */
  for (size_t i = 0; i < rd->count; i++) {
    if (!s->dropped && !rd->too_much) fq_session_send(s, rd->events[i]);
    fq_event_unref(rd->events[i]);
  }
  if (rd->too_much) s->sent = k->head.seq;
  s->catching_up = false;
  if (s->dropped) {
    fq_json_free(s->topics);
    free(s);
  }
  fq_flush(k);
  free(rd->events);
  free(rd);
}

void fq_read_catch_up(fq_kernel *k, struct fq_session *s, struct fq_request *r, int64_t last) {
  struct reading *rd = fq_alloc(sizeof *rd);
  s->catching_up = true;
  s->sent = last;
  *rd = (struct reading){
      .kernel = k, .request = r, .session = s, .from = last, .to = last, .actor = r->state->actor};
  if (last > k->head.seq || k->head.seq - last > WINDOW) rd->too_much = true;
  if (rd->too_much || !k->readers)
    catch_up_done(rd);
  else
    fq_pool_add(k->readers, catch_up_work, catch_up_done, rd);
}
