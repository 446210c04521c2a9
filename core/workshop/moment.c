/* Moments: see moment.h. The thread that owns the past. */
#include "workshop/moment.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

struct waiting {
  struct waiting *next;
  struct fq_entry entry; /* its texts stand behind; kind is the table's */
};

struct fq_moments {
  struct fq_moments_config config;
  struct waiting *first, **last; /* those whose turn is not over */
  int64_t count;                 /* of entries, since the command began */
};

struct fq_moments *fq_moments_new(const struct fq_moments_config *config) {
  struct fq_moments *m = fq_alloc(sizeof *m);
  m->config = *config;
  m->last = &m->first;
  return m;
}

static void drop_first(struct fq_moments *m) {
  struct waiting *w = m->first;
  m->first = w->next;
  if (!m->first) m->last = &m->first;
  fq_json_free((fq_json *)(uintptr_t)w->entry.data);
  free(w);
}

/* The turns of all before entry `seq` are over. */
static void over_before(struct fq_moments *m, int64_t seq) {
  while (m->first && m->first->entry.seq < seq) {
    m->config.over(m->config.arg, &m->first->entry, m->count >= FQ_COMMAND_ENTRIES);
    drop_first(m);
  }
}

static void push(struct fq_moments *m, const struct fq_entry *e) {
  const char *parts[] = {e->subject, e->org, e->audience, e->actor};
  size_t bytes = sizeof(struct waiting), len[4];
  for (int i = 0; i < 4; i++)
    bytes += len[i] = strlen(parts[i]) + 1;
  struct waiting *w = fq_alloc(bytes);
  char *at = (char *)(w + 1), *copy[4];
  for (int i = 0; i < 4; i++)
    copy[i] = memcpy(at, parts[i], len[i]), at += len[i];
  w->entry = *e;
  w->entry.subject = copy[0];
  w->entry.org = copy[1];
  w->entry.audience = copy[2];
  w->entry.actor = copy[3];
  w->entry.data = m->config.wanted(m->config.arg, e) ? fq_json_dup(e->data) : NULL;
  *m->last = w;
  m->last = &w->next;
}

void fq_moments_before(struct fq_moments *m, const struct fq_entry *e, bool begins) {
  const struct fq_kind *kind = fq_kernel_kind(m->config.kernel, e->kind);
  over_before(m, begins ? INT64_MAX : e->cause);
  if (begins) m->count = 0;
  bool record = m->first && m->first->entry.seq == e->cause && !strcmp(e->kind, "policy.decided");
  if (record && fq_json_int(e->data, "entry", 0) == e->cause)
    m->config.decided(m->config.arg, &m->first->entry, e);
  m->count += !(kind->flags & FQ_KIND_BESIDE);
  push(m, e);
}

void fq_moments_end(struct fq_moments *m) {
  over_before(m, INT64_MAX);
}

void fq_moments_free(struct fq_moments *m) {
  if (!m) return;
  while (m->first)
    drop_first(m);
  free(m);
}
