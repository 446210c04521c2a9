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
  int64_t at_ms, count;          /* of the command whose entries come */
  char actor[FQ_ID_MAX];
  bool own; /* more of its own may come */
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

/* An outside command's entries have no cause; a timer's firing begins, and what its method does follows. Two
 * commands without keys that older servers have written side by side are told apart by who and when. */
static bool begins(const struct fq_moments *m, const struct fq_entry *e) {
  return !m->own || e->at_ms != m->at_ms || strcmp(e->actor, m->actor) || !strcmp(e->kind, "timer.fired");
}

void fq_moments_before(struct fq_moments *m, const struct fq_entry *e, const char *receipt) {
  if (e->cause) {
    over_before(m, e->cause);
    m->own = false;
    bool record = m->first && m->first->entry.seq == e->cause && !strcmp(e->kind, "policy.decided");
    if (record && fq_json_int(e->data, "entry", 0) == e->cause)
      m->config.decided(m->config.arg, &m->first->entry, e);
  } else if (begins(m, e)) {
    over_before(m, INT64_MAX);
    m->at_ms = e->at_ms;
    fq_copy(m->actor, sizeof m->actor, e->actor);
    m->own = true;
    m->count = 0;
  }
  const struct fq_kind *kind = fq_kernel_kind(m->config.kernel, e->kind);
  m->count += !(kind->flags & FQ_KIND_BESIDE);
  if (receipt) m->own = false;
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
