/* Reading ahead: see ahead.h. `lock` guards the list of full batches; a batch belongs to one side at a time.
 */
#include "store/ahead.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

/* One read of the database: a snapshot held longer keeps its log from being reused. */
#define ROWS_A_BATCH  512
#define BATCHES_AHEAD 4 /* some 4 MB */

struct batch {
  struct batch *next;
  size_t count, at;
  struct fq_row rows[ROWS_A_BATCH];
  const fq_json *data[ROWS_A_BATCH];
  struct fq_json_pool *pool; /* holds all texts and values of the rows */
  struct fq_error error;     /* after the rows: what ended the reading */
};

struct fq_ahead {
  fq_db *db;
  int64_t after, up_to;
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t moved;
  struct batch *first, **last, *spare; /* full, and read to the end */
  size_t ready;
  bool ended, stop;    /* nothing more will come; nobody wants more */
  struct batch *taken; /* the consumer's */
};

static void free_batches(struct batch *b) {
  for (struct batch *next; b; b = next) {
    next = b->next;
    fq_json_pool_free(b->pool);
    free(b);
  }
}

static void keep(struct fq_json_pool *pool, struct fq_row *r) {
  const char **texts[] = {&r->kind, &r->subject, &r->org, &r->actor, &r->audience, &r->receipt};
  for (int i = 0; i < 6; i++)
    if (*texts[i]) *texts[i] = fq_json_pool_text(pool, *texts[i]);
  r->data = NULL;
}

static struct batch *empty_batch(struct fq_ahead *a) {
  pthread_mutex_lock(&a->lock);
  struct batch *b = a->spare;
  if (b) a->spare = b->next;
  pthread_mutex_unlock(&a->lock);
  if (!b) {
    b = fq_alloc(sizeof *b);
    b->pool = fq_json_pool_new();
  }
  fq_json_pool_reset(b->pool);
  b->next = NULL;
  b->count = b->at = 0;
  b->error = (struct fq_error){0};
  return b;
}

static struct batch *read_batch(struct fq_ahead *a) {
  struct batch *b = empty_batch(a);
  int64_t to = a->up_to - a->after > ROWS_A_BATCH ? a->after + ROWS_A_BATCH : a->up_to;
  fq_stmt *q = fq_journal_after(a->db, a->after, to);
  while (!b->error.status && fq_row(q)) {
    struct fq_row *r = &b->rows[b->count];
    fq_journal_get(q, r);
    if (r->seq != a->after + 1) break;
    if ((b->data[b->count] = fq_json_parse_into(b->pool, r->data, strlen(r->data), &b->error))) {
      keep(b->pool, r);
      b->count++;
      a->after++;
    }
  }
  fq_done(q);
  fq_db_error(a->db, &b->error);
  if (!b->error.status && a->after < to)
    fq_fail(&b->error, FQ_E_STORAGE, "journal.broken", "", "日志第 %lld 条缺失",
            "journal entry %lld: missing", (long long)a->after + 1);
  return b;
}

static void *work(void *arg) {
  struct fq_ahead *a = arg;
  bool more = a->after < a->up_to;
  while (more) {
    struct batch *b = read_batch(a);
    more = !b->error.status && a->after < a->up_to;
    pthread_mutex_lock(&a->lock);
    *a->last = b;
    a->last = &b->next;
    a->ready++;
    pthread_cond_signal(&a->moved);
    while (a->ready >= BATCHES_AHEAD && !a->stop)
      pthread_cond_wait(&a->moved, &a->lock);
    more &= !a->stop;
    pthread_mutex_unlock(&a->lock);
  }
  pthread_mutex_lock(&a->lock);
  a->ended = true;
  pthread_cond_signal(&a->moved);
  pthread_mutex_unlock(&a->lock);
  return NULL;
}

struct fq_ahead *fq_ahead_open(const char *path, int64_t after, int64_t up_to, struct fq_error *e) {
  fq_db *db = fq_db_open(path, FQ_DB_READER, e);
  if (!db) return NULL;
  struct fq_ahead *a = fq_alloc(sizeof *a);
  *a = (struct fq_ahead){.db = db, .after = after, .up_to = up_to, .last = &a->first};
  pthread_mutex_init(&a->lock, NULL);
  pthread_cond_init(&a->moved, NULL);
  if (!pthread_create(&a->thread, NULL, work, a)) return a;
  fq_fail(e, FQ_E_INTERNAL, "thread", "", "无法启动线程", "cannot start a thread");
  pthread_cond_destroy(&a->moved);
  pthread_mutex_destroy(&a->lock);
  fq_db_close(db);
  free(a);
  return NULL;
}

/* The next batch for the one that has been gone through. */
static struct batch *take(struct fq_ahead *a, struct batch *done) {
  pthread_mutex_lock(&a->lock);
  if (done) {
    done->next = a->spare;
    a->spare = done;
  }
  while (!a->first && !a->ended)
    pthread_cond_wait(&a->moved, &a->lock);
  struct batch *b = a->first;
  if (b) {
    a->first = b->next;
    if (!a->first) a->last = &a->first;
    a->ready--;
    pthread_cond_signal(&a->moved);
  }
  pthread_mutex_unlock(&a->lock);
  return b;
}

bool fq_ahead_next(struct fq_ahead *a, struct fq_row *r, const fq_json **data, struct fq_error *e) {
  while (!a->taken || a->taken->at == a->taken->count) {
    if (a->taken && a->taken->error.status) {
      *e = a->taken->error;
      return false;
    }
    a->taken = take(a, a->taken);
    if (!a->taken) return false;
  }
  *r = a->taken->rows[a->taken->at];
  *data = a->taken->data[a->taken->at++];
  return true;
}

void fq_ahead_close(struct fq_ahead *a) {
  if (!a) return;
  pthread_mutex_lock(&a->lock);
  a->stop = true;
  pthread_cond_signal(&a->moved);
  pthread_mutex_unlock(&a->lock);
  pthread_join(a->thread, NULL);
  if (a->taken) a->taken->next = NULL;
  free_batches(a->taken);
  free_batches(a->first);
  free_batches(a->spare);
  pthread_cond_destroy(&a->moved);
  pthread_mutex_destroy(&a->lock);
  fq_db_close(a->db);
  free(a);
}
