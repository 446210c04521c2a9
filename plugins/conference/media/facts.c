/*
 * facts.c - a conference as its rows stand: the one place that reads the tables of session/. Kernel thread.
 */
#include <stdlib.h>
#include <string.h>

#include "media/media.h"

#define PHONE ((int64_t)(FQ_ROLE_OFFICER | FQ_ROLE_FAMILY))

static int64_t number_of(const char *conf) {
  return conf && *conf == 'v' ? strtoll(conf + 1, NULL, 10) : 0;
}

#define TEXT(member, column) md_copy(member, sizeof member, fq_col_str(q, column))

static bool read_conference(fq_db *db, int64_t n, struct md_facts *f) {
  fq_stmt *q = fq_sql(db,
                      "SELECT state IN ('opening', 'active', 'degraded'), recording, degraded, cap, backend,"
                      " why_zh, cannot, holder <> '', broadcast FROM conference WHERE n = ?1",
                      "i", n);
  if (!fq_row(q)) return false;
  f->live = fq_col_int(q, 0);
  f->recording = fq_col_int(q, 1);
  f->degraded = fq_col_int(q, 2);
  f->cap = fq_col_int(q, 3);
  TEXT(f->backend, 4);
  TEXT(f->why_zh, 5);
  TEXT(f->cannot, 6);
  f->floor = fq_col_int(q, 7);
  TEXT(f->broadcast, 8);
  fq_done(q);
  return true;
}

/* Whoever speaks to all is the only one who is heard. */
static void read_member(fq_stmt *q, struct md_facts *f, struct md_fact *m) {
  TEXT(m->user, 0);
  TEXT(m->session, 1);
  TEXT(m->quality, 2);
  m->hidden = fq_col_int(q, 3);
  m->away = fq_col_int(q, 5);
  m->phone = fq_col_int(q, 6);
  m->rank = (int)fq_col_int(q, 7);
  m->silenced = fq_col_int(q, 4) || (*f->broadcast && strcmp(f->broadcast, m->user) != 0);
  f->silenced |= m->silenced;
}

struct md_facts *md_facts_read(fq_db *db, const char *conf) {
  int64_t n = number_of(conf);
  size_t most = (size_t)fq_int(db, 0, "SELECT count(*) FROM conf_member WHERE conf = ?1", "i", n);
  struct md_facts *f = md_grab(sizeof *f + most * sizeof *f->members);
  md_copy(f->conf, sizeof f->conf, conf);
  if (!read_conference(db, n, f)) {
    free(f);
    return NULL;
  }
  f->expected = fq_int(db, 0,
                       "SELECT count(*) FROM conf_member WHERE conf = ?1 AND NOT hidden AND state IN"
                       " ('invited', 'ringing', 'joining', 'connected', 'media_lost', 'signalling_lost')",
                       "i", n);
  fq_stmt *q =
      fq_sql(db,
             "SELECT m.user, m.session, m.quality, m.hidden, m.silenced, m.state = 'signalling_lost',"
             " m.guest OR m.role = 'family' OR coalesce(a.roles & ?2, 0) <> 0,"
             " CASE m.role WHEN 'chair' THEN 0 WHEN 'viewer' THEN 2 ELSE 1 END"
             " FROM conf_member m LEFT JOIN account a ON a.name = m.user WHERE m.conf = ?1"
             " AND m.state IN ('joining', 'connected', 'media_lost', 'signalling_lost')"
             " ORDER BY m.joined_ms, m.user",
             "ii", n, PHONE);
  while (fq_row(q))
    if (f->count < most) read_member(q, f, &f->members[f->count++]);
  return f;
}
