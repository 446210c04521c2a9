/*
 * read.c - conferences as pages see them. Who watches unseen is shown to himself, to commanders and to the
 * auditor alone. Reader threads.
 */
#include <stdlib.h>
#include <string.h>

#include "session/session.h"

#define TEXTS 100

static void set_text(fq_json *j, const char *name, const char *s) {
  if (*s) fq_json_set_str(j, name, s);
}

static void set_time(fq_json *j, const char *name, int64_t ms) {
  if (ms) fq_json_set_time(j, name, ms);
}

static bool sees_hidden(const struct fq_actor *a) {
  return a->system || a->roles & (FQ_ROLE_COMMANDER | FQ_ROLE_ADMIN_AUDIT);
}

/* A desk above it; the auditor; whoever was asked into it. A relative only while he is. */
static bool may_see(fq_db *db, const struct fq_actor *a, const struct cf_conf *v) {
  struct cf_member m;
  if (cf_desk_of(db, a, v->org)) return true;
  if (a->roles & FQ_ROLE_ADMIN_AUDIT && fq_org_within(db, v->org, a->org)) return true;
  if (!cf_member_load(db, v->n, a->name, &m) || m.banned) return false;
  return m.hidden || !(a->roles & CF_STAFF) ? cf_live(v) && cf_present(m.state) : true;
}

/* A guest's name is sealed in the journal; whoever is in the conference sees it. */
static void set_name(struct fq_query *q, fq_json *j, const char *member, const struct cf_member *m) {
  const struct cf_self *self = q->self;
  char *open = m->guest ? fq_open_sealed(self->kernel, m->sealed_name) : NULL;
  fq_json_set_str(j, member, open ? open : *m->name ? m->name : m->user);
  free(open);
}

static void set_unit(fq_db *db, fq_json *j, const char *user) {
  fq_stmt *q = fq_sql(
      db, "SELECT a.org, o.name FROM account a LEFT JOIN org o ON o.id = a.org WHERE a.name = ?1", "s", user);
  if (!fq_row(q)) return;
  fq_json_set_str(j, "org", fq_col_str(q, 0));
  if (!fq_col_null(q, 1)) fq_json_set_str(j, "org_name", fq_col_str(q, 1));
  fq_done(q);
}

/* Why he does not come, in his own words. */
static void set_declined(fq_db *db, fq_json *j, int64_t conf, const char *user) {
  fq_stmt *q = fq_sql(db, "SELECT declined FROM conf_member WHERE conf = ?1 AND user = ?2", "is", conf, user);
  if (!fq_row(q)) return;
  set_text(j, "declined", fq_col_str(q, 0));
  fq_done(q);
}

static fq_json *member(struct fq_query *q, const struct cf_conf *v, const struct cf_member *m) {
  fq_json *j = cf_about(m->user);
  bool shouted_down = *v->broadcast && strcmp(v->broadcast, m->user) != 0;
  set_name(q, j, "name", m);
  set_unit(q->db, j, m->user);
  fq_json_set_str(j, "role", cf_role_name(m->role));
  fq_json_set_int(j, "priority", m->priority);
  fq_json_set_str(j, "state", cf_seat_name(m->state));
  set_text(j, "left_why", m->left_why);
  if (m->state == CF_DECLINED) set_declined(q->db, j, v->n, m->user);
  fq_json_set_bool(j, "muted", m->muted || m->silenced || shouted_down);
  if (m->silenced) fq_json_set_bool(j, "silenced", true);
  if (m->may_unmute) fq_json_set_bool(j, "may_unmute", true);
  fq_json_set_bool(j, "camera", m->camera);
  fq_json_set_bool(j, "hand", m->hand_ms != 0);
  set_time(j, "hand_at", m->hand_ms);
  fq_json_set_bool(j, "screen", m->screen);
  fq_json_set_str(j, "quality", m->quality);
  fq_json_set_bool(j, "audio_only", m->audio_only);
  set_time(j, "since", m->since_ms);
  set_time(j, "ring_until", m->ring_until_ms);
  set_time(j, "seat_until", m->seat_until_ms);
  set_text(j, "desk", m->desk);
  if (m->guest) fq_json_set_bool(j, "guest", true);
  if (m->hidden) fq_json_set_bool(j, "hidden", true);
  if (m->banned) fq_json_set_bool(j, "banned", true);
  return j;
}

static fq_json *members(struct fq_query *q, const struct cf_conf *v) {
  fq_json *rows = fq_json_array();
  size_t count;
  struct cf_member *list = cf_members(q->db, v->n, &count);
  for (size_t k = 0; k < count; k++)
    if (!list[k].hidden || sees_hidden(q->actor) || !strcmp(list[k].user, q->actor->name))
      fq_json_push(rows, member(q, v, &list[k]));
  free(list);
  return rows;
}

static fq_json *texts(struct fq_query *q, const struct cf_conf *v) {
  fq_json *rows = fq_json_array();
  fq_stmt *s =
      fq_sql(q->db,
             "SELECT at_ms, by, text FROM (SELECT seq, at_ms, by, text FROM conf_text WHERE conf = ?1"
             " ORDER BY seq DESC LIMIT ?2) ORDER BY seq",
             "ii", v->n, (int64_t)TEXTS);
  while (fq_row(s)) {
    struct cf_member m;
    fq_json *j = fq_json_object();
    fq_json_set_time(j, "at", fq_col_int(s, 0));
    fq_json_set_str(j, "by", fq_col_str(s, 1));
    if (cf_member_load(q->db, v->n, fq_col_str(s, 1), &m)) set_name(q, j, "name", &m);
    fq_json_set_str(j, "text", fq_col_str(s, 2));
    fq_json_push(rows, j);
  }
  return rows;
}

static fq_json *the_floor(struct fq_query *q, const struct cf_conf *v) {
  fq_json *j = fq_json_object(), *line = fq_json_array();
  set_text(j, "holder", v->holder);
  if (*v->holder) fq_json_set_int(j, "priority", v->holder_priority);
  set_time(j, "until", v->floor_until_ms);
  fq_stmt *s =
      fq_sql(q->db, "SELECT user FROM conf_floor WHERE conf = ?1 ORDER BY priority DESC, seq", "i", v->n);
  while (fq_row(s))
    fq_json_push(line, fq_json_new_str(fq_col_str(s, 0)));
  fq_json_set(j, "line", line);
  return j;
}

static fq_json *roll_call(struct fq_query *q, const struct cf_conf *v) {
  fq_json *j = fq_json_object(), *here = fq_json_array(), *missing = fq_json_array();
  fq_stmt *s =
      fq_sql(q->db, "SELECT user, here_ms FROM conf_here WHERE conf = ?1 ORDER BY here_ms, user", "i", v->n);
  while (fq_row(s))
    fq_json_push(fq_col_null(s, 1) ? missing : here, fq_json_new_str(fq_col_str(s, 0)));
  fq_json_set_int(j, "call", v->roll);
  fq_json_set_time(j, "at", v->roll_at_ms);
  fq_json_set_time(j, "until", v->roll_until_ms);
  fq_json_set(j, "here", here);
  fq_json_set(j, "missing", missing);
  if (v->roll_closed_ms) fq_json_set_bool(j, "closed", true);
  return j;
}

static fq_json *cannot(const struct cf_conf *v) {
  fq_json *list = fq_json_array();
  char words[sizeof v->cannot], *rest = words, *word;
  cf_text(words, sizeof words, v->cannot);
  while ((word = strsep(&rest, " ")))
    if (*word) fq_json_push(list, fq_json_new_str(word));
  return list;
}

/* What a line of a list says of it. */
static void head(fq_json *j, const struct cf_conf *v) {
  fq_json_set_str(j, "id", v->id);
  fq_json_set_str(j, "title", v->title);
  if (*v->incident) {
    fq_json_set_str(j, "incident", v->incident);
    fq_json_set_int(j, "number", v->number);
  }
  fq_json_set_str(j, "org", v->org);
  fq_json_set_str(j, "by", v->by);
  fq_json_set_str(j, "by_name", v->by_name);
  fq_json_set_str(j, "state", cf_state_name(v->state));
  fq_json_set_str(j, "backend", v->backend);
  fq_json_set_bool(j, "recording", v->recording);
  fq_json_set_bool(j, "locked", v->locked);
  fq_json_set_bool(j, "audio_only", v->audio_only);
  fq_json_set_time(j, "created_at", v->created_ms);
  set_time(j, "ended_at", v->ended_ms);
  set_text(j, "ended_why", v->ended_why);
}

enum fq_status cf_conf_get(struct fq_query *q) {
  struct cf_conf v;
  const char *id = fq_json_str(q->params, "id");
  if (!cf_conf_load(q->db, id, &v))
    return fq_fail(q->error, FQ_E_NOT_FOUND, "conf.unknown", "params.id", "没有会商 %s", "no conference %s",
                   id);
  if (!may_see(q->db, q->actor, &v))
    return fq_fail(q->error, FQ_E_FORBIDDEN, "conf.foreign", "params.id", "会商 %s 与您无关",
                   "%s is no business of yours", id);
  fq_json *j = q->result;
  head(j, &v);
  fq_json_set_int(j, "rev", v.rev);
  fq_json_set_str(j, "backend_why_zh", v.why_zh);
  fq_json_set_str(j, "backend_why_en", v.why_en);
  fq_json_set(j, "cannot", cannot(&v));
  if (v.cap) fq_json_set_int(j, "cap", v.cap);
  fq_json_set_str(j, "layout", v.layout);
  set_text(j, "spotlight", v.spotlight);
  if (v.rotate_s) fq_json_set_int(j, "rotate_s", v.rotate_s);
  set_text(j, "broadcast", v.broadcast);
  fq_json_set(j, "floor", the_floor(q, &v));
  if (v.roll) fq_json_set(j, "roll_call", roll_call(q, &v));
  fq_json_set(j, "members", members(q, &v));
  fq_json_set(j, "texts", texts(q, &v));
  return FQ_OK;
}

/* ---- lists ----------------------------------------------------------------------------------------------
 */

static fq_json *row(struct fq_query *q, const struct cf_conf *v) {
  fq_json *j = fq_json_object();
  head(j, v);
  fq_json_set_int(j, "people", cf_count_seated(q->db, v->n));
  fq_json_set_int(
      j, "invited",
      fq_int(q->db, 0, "SELECT count(*) FROM conf_member WHERE conf = ?1 AND hidden = 0", "i", v->n));
  return j;
}

static int64_t time_or(const fq_json *params, const char *name, int64_t otherwise) {
  const char *s = fq_json_str(params, name);
  return s ? fq_time_parse(s) : otherwise;
}

/* Those of one's area for a desk and the auditor, and those one was asked into; the newest first. */
enum fq_status cf_conf_list(struct fq_query *q) {
  const struct fq_actor *a = q->actor;
  const char *state = fq_json_str(q->params, "state"), *after = fq_json_str(q->params, "after");
  bool area = a->system || a->roles & (CF_DESK | FQ_ROLE_ADMIN_AUDIT);
  int64_t limit = fq_json_int(q->params, "limit", 50), n = 0, last = 0;
  fq_json *rows = fq_json_array();
  fq_stmt *s =
      fq_sql(q->db,
             "SELECT v.n FROM conference v LEFT JOIN org o ON o.id = v.org WHERE v.n < ?1"
             " AND (?2 IS NULL OR (?2 = 'open') = (v.ended_ms IS NULL)) AND (?3 IS NULL OR v.incident = ?3)"
             " AND v.created_ms >= ?4 AND v.created_ms < ?5 AND ((?6 AND substr(o.path, 1, length(?7)) = ?7)"
             " OR EXISTS(SELECT 1 FROM conf_member m WHERE m.conf = v.n AND m.user = ?8 AND m.banned = 0))"
             " ORDER BY v.n DESC LIMIT ?9",
             "issiiissi", after ? cf_id_n(after) : INT64_MAX, state, fq_json_str(q->params, "incident"),
             time_or(q->params, "from", 0), time_or(q->params, "until", INT64_MAX), (int64_t)area,
             a->system ? "" : cf_path(q->db, a->org, (char[512]){0}), a->name, limit + 1);
  while (fq_row(s)) {
    struct cf_conf v;
    char id[FQ_ID_MAX];
    if (n++ == limit) {
      cf_id_make(id, last);
      fq_json_set_str(q->result, "next", id);
      fq_done(s);
      break;
    }
    cf_id_make(id, last = fq_col_int(s, 0));
    if (cf_conf_load(q->db, id, &v)) fq_json_push(rows, row(q, &v));
  }
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}

/* What rings for me, where I sit, and what goes on without me. */
enum fq_status cf_conf_mine(struct fq_query *q) {
  fq_json *rows = fq_json_array();
  fq_stmt *s = fq_sql(q->db,
                      "SELECT v.n FROM conference v JOIN conf_member m ON m.conf = v.n AND m.user = ?1"
                      " WHERE v.ended_ms IS NULL AND m.banned = 0 AND m.left_why <> 'kicked'"
                      " AND NOT (m.hidden AND m.state = 'left') ORDER BY v.n",
                      "s", q->actor->name);
  while (fq_row(s)) {
    struct cf_conf v;
    struct cf_member m;
    char id[FQ_ID_MAX];
    cf_id_make(id, fq_col_int(s, 0));
    if (!cf_conf_load(q->db, id, &v) || !cf_member_load(q->db, v.n, q->actor->name, &m)) continue;
    fq_json *j = row(q, &v), *me = fq_json_object();
    fq_json_set_str(me, "state", cf_seat_name(m.state));
    fq_json_set_str(me, "role", cf_role_name(m.role));
    set_text(me, "session", m.session);
    if (m.pulled) fq_json_set_bool(me, "auto", true);
    set_time(me, "ring_until", m.ring_until_ms);
    if (m.ring_until_ms) fq_json_set_int(me, "round", m.ring_round);
    if (m.hidden) fq_json_set_bool(me, "hidden", true);
    fq_json_set(j, "member", me);
    fq_json_push(rows, j);
  }
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}
