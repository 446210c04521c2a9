/* list.c - recording.list: what there is, how far the playable file is, and whether it is still what it was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recording.h"

static fq_json *tracks(fq_db *db, int64_t n) {
  fq_json *list = fq_json_array();
  fq_stmt *q = fq_sql(db,
                      "SELECT t.user, t.kind, t.sha256, t.size, t.from_ms, t.until_ms, coalesce(a.display, "
                      "t.user) FROM recording_track t LEFT JOIN account a"
                      " ON a.name = t.user WHERE recording = ?1 ORDER BY t.from_ms, t.sha256",
                      "i", n);
  while (fq_row(q)) {
    fq_json *t = fq_json_object();
    fq_json_set_str(t, "user", fq_col_str(q, 0));
    fq_json_set_str(t, "name", fq_col_str(q, 6));
    fq_json_set_str(t, "kind", fq_col_str(q, 1));
    fq_json_set_str(t, "sha256", fq_col_str(q, 2));
    fq_json_set_int(t, "size", fq_col_int(q, 3));
    fq_json_set_time(t, "from", fq_col_int(q, 4));
    fq_json_set_time(t, "until", fq_col_int(q, 5));
    fq_json_push(list, t);
  }
  return list;
}

static void put(fq_json *j, const char *name, fq_stmt *q, int column) {
  if (!fq_col_null(q, column) && *fq_col_str(q, column)) fq_json_set_str(j, name, fq_col_str(q, column));
}
static void put_time(fq_json *j, const char *name, fq_stmt *q, int column) {
  if (!fq_col_null(q, column)) fq_json_set_time(j, name, fq_col_int(q, column));
}

static fq_json *row(struct fq_query *q, fq_stmt *s) {
  char id[FQ_ID_MAX];
  fq_json *j = fq_json_object();
  snprintf(id, sizeof id, "r%lld", (long long)fq_col_int(s, 0));
  fq_json_set_str(j, "id", id);
  fq_json_set_str(j, "conf", fq_col_str(s, 1));
  put(j, "title", s, 2);
  put(j, "incident", s, 3);
  fq_json_set_str(j, "org", fq_col_str(s, 4));
  fq_json_set_str(j, "operator", fq_col_str(s, 5));
  fq_json_set_str(j, "operator_name", fq_col_str(s, 6));
  fq_json_set_str(j, "state", fq_col_str(s, 7));
  put(j, "why_zh", s, 8);
  put(j, "why_en", s, 9);
  fq_json_set_time(j, "from", fq_col_int(s, 10));
  put_time(j, "until", s, 11);
  put(j, "sha256", s, 12);
  if (!fq_col_null(s, 13)) fq_json_set_int(j, "size", fq_col_int(s, 13));
  if (fq_col_int(s, 14)) fq_json_set_int(j, "broken", fq_col_int(s, 14));
  put_time(j, "keep_until", s, 15);
  put_time(j, "verified_at", s, 16);
  if (!fq_col_null(s, 17)) fq_json_set_bool(j, "intact", fq_col_int(s, 17) != 0);
  int percent = rec_progress(q->self, id);
  if (percent >= 0) fq_json_set_int(j, "progress", percent);
  fq_json_set(j, "tracks", tracks(q->db, fq_col_int(s, 0)));
  return j;
}

enum fq_status rec_list_query(struct fq_query *q) {
  const char *conf = fq_json_str(q->params, "conf"), *incident = fq_json_str(q->params, "incident"),
             *after = fq_json_str(q->params, "after");
  int64_t limit = fq_json_int(q->params, "limit", 50), last = 0, count = 0;
  fq_json *rows = fq_json_array();
  fq_stmt *s = fq_sql(q->db,
                      "SELECT r.n, r.conf, r.title, r.incident, r.org, r.operator, coalesce(a.display, "
                      "r.operator), r.state, r.why_zh, r.why_en, r.from_ms,"
                      " r.until_ms, r.sha256, r.size, r.broken, r.keep_ms, r.verified_ms, r.intact FROM "
                      "recording r JOIN org o ON o.id = r.org LEFT JOIN account a"
                      " ON a.name = r.operator WHERE r.n < ?1 AND (?2 IS NULL OR r.conf = ?2) AND (?3 IS "
                      "NULL OR r.incident = ?3) AND (?4 = '' OR"
                      " substr(o.path, 1, length((SELECT path FROM org WHERE id = ?4))) = (SELECT path FROM "
                      "org WHERE id = ?4) OR r.operator = ?5)"
                      " ORDER BY r.n DESC LIMIT ?6",
                      "issssi", after ? rec_n(after) : INT64_MAX, conf, incident,
                      q->actor->system ? "" : q->actor->org, q->actor->name, limit + 1);
  while (fq_row(s)) {
    if (++count > limit) continue;
    last = fq_col_int(s, 0);
    fq_json_push(rows, row(q, s));
  }
  if (count > limit) {
    char next[FQ_ID_MAX];
    snprintf(next, sizeof next, "r%lld", (long long)last);
    fq_json_set_str(q->result, "next", next);
  }
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}
