/*
 * leave.c - leave.set and leave.end (请假、销假): who is away, until when, and who stands in for him. During
 * the leave nobody is sent to him, and a rung he sits on is his deputy's. Kernel thread.
 */
#include <stdio.h>
#include <string.h>

#include "people/people.h"

struct leave {
  int64_t n, from_ms, until_ms;
  char user[FQ_ID_MAX], deputy[FQ_ID_MAX];
};

static bool row(fq_stmt *q, struct leave *out) {
  if (!fq_row(q)) return false;
  *out = (struct leave){.n = fq_col_int(q, 0), .from_ms = fq_col_int(q, 1), .until_ms = fq_col_int(q, 2)};
  dp_text(out->user, sizeof out->user, fq_col_str(q, 3));
  dp_text(out->deputy, sizeof out->deputy, fq_col_str(q, 4));
  fq_done(q);
  return true;
}
#define COLUMNS "SELECT n, from_ms, until_ms, user, deputy FROM leave "

static bool overlapping(fq_db *db, const char *user, int64_t from_ms, int64_t until_ms, struct leave *out) {
  return row(fq_sql(db, COLUMNS "WHERE user = ?1 AND until_ms > ?2 AND from_ms < ?3 ORDER BY n LIMIT 1",
                    "sii", user, from_ms, until_ms),
             out);
}

static bool seat(fq_db *db, const char *user, char org[FQ_ID_MAX]) {
  fq_stmt *q = fq_sql(db, "SELECT org FROM account WHERE name = ?1 AND disabled = 0", "s", user);
  if (!fq_row(q)) return false;
  dp_text(org, FQ_ID_MAX, fq_col_str(q, 0));
  fq_done(q);
  return true;
}

/* params.user, or of whom the leave params.id is. A leave is granted: nobody but a desk above enters it. */
enum fq_status dp_target_leave(struct fq_call *c, struct fq_target *t) {
  const char *user = fq_json_str(c->params, "user");
  if (seat(c->db, user, t->org)) return FQ_OK;
  return fq_fail(c->error, FQ_E_NOT_FOUND, "user.unknown", "params.user", "没有用户 %s", "no user %s", user);
}

static enum fq_status check_deputy(struct fq_call *c, const char *user, const char *deputy, int64_t from_ms,
                                   int64_t until_ms) {
  char org[FQ_ID_MAX], name[96];
  struct leave away;
  if (!deputy) return FQ_OK;
  if (!strcmp(user, deputy))
    return fq_fail(c->error, FQ_E_PARAMS, "leave.self", "params.deputy", "不能自己代理自己",
                   "nobody is his own deputy");
  if (!seat(c->db, deputy, org))
    return fq_fail(c->error, FQ_E_PARAMS, "user.unknown", "params.deputy", "没有用户 %s", "no user %s",
                   deputy);
  if (!c->actor->system && !fq_org_within(c->db, org, c->actor->org))
    return fq_fail(c->error, FQ_E_FORBIDDEN, "org.foreign", "params.deputy", "%s 不在您的辖区内",
                   "%s is not within your unit", deputy);
  if (!overlapping(c->db, deputy, from_ms, until_ms, &away)) return FQ_OK;
  dp_display(c->db, deputy, name);
  return fq_fail(c->error, FQ_E_CONFLICT, "leave.deputy_away", "params.deputy", "代理人 %s 在此期间也请假",
                 "the deputy %s is on leave in that time too", name);
}

static enum fq_status say(struct fq_call *c, const char *kind, const struct leave *l, fq_json *data) {
  char audience[2 * (FQ_ID_MAX + 8)], org[FQ_ID_MAX] = "", id[FQ_ID_MAX];
  int n = snprintf(audience, sizeof audience, "user/%s", l->user);
  if (*l->deputy) snprintf(audience + n, sizeof audience - (size_t)n, " user/%s", l->deputy);
  seat(c->db, l->user, org);
  dp_id_make(id, 'l', l->n);
  fq_json_set_str(data, "id", id);
  fq_json_set_str(data, "user", l->user);
  fq_json_set_time(data, "from", l->from_ms);
  fq_json_set_time(data, "until", l->until_ms);
  if (*l->deputy) fq_json_set_str(data, "deputy", l->deputy);
  dp_set_opt(data, "reason", c->params, "reason");
  fq_json_set_str(c->result, "id", id);
  fq_json_set_str(c->result, "user", l->user);
  return fq_emit(
      c, (struct fq_draft){.kind = kind, .subject = l->user, .org = org, .audience = audience, .data = data});
}

enum fq_status dp_leave_set(struct fq_call *c) {
  const char *user = fq_json_str(c->params, "user"), *deputy = fq_json_str(c->params, "deputy");
  struct leave l = {.n = fq_next_seq(c),
                    .from_ms = fq_time_parse(fq_json_str(c->params, "from")),
                    .until_ms = fq_time_parse(fq_json_str(c->params, "until"))},
               other;
  dp_text(l.user, sizeof l.user, user);
  dp_text(l.deputy, sizeof l.deputy, deputy);
  if (l.until_ms <= l.from_ms)
    return fq_fail(c->error, FQ_E_PARAMS, "leave.times", "params.until", "结束须晚于开始",
                   "it ends before it begins");
  if (l.until_ms <= c->now_ms)
    return fq_fail(c->error, FQ_E_CONFLICT, "leave.closed", "params.until", "该时段已过,不能补请假",
                   "that time is over: leave is not entered afterwards");
  if (overlapping(c->db, user, l.from_ms, l.until_ms, &other)) {
    char id[FQ_ID_MAX];
    dp_id_make(id, 'l', other.n);
    return fq_fail(c->error, FQ_E_CONFLICT, "leave.overlap", "params.from", "与已有请假 %s 重叠;请先销假",
                   "overlaps the leave %s; end that one first", id);
  }
  enum fq_status s = check_deputy(c, user, deputy, l.from_ms, l.until_ms);
  if (s != FQ_OK) return s;
  char name[96];
  fq_json *data = fq_json_object();
  dp_display(c->db, user, name);
  fq_json_set_str(data, "display", name);
  return say(c, "leave.set", &l, data);
}

/* Back before the end; a leave to come is called off. Without an id: the one that runs, else the next. */
enum fq_status dp_leave_end(struct fq_call *c) {
  const char *user = fq_json_str(c->params, "user"), *id = fq_json_str(c->params, "id");
  struct leave l;
  bool found = id ? row(fq_sql(c->db, COLUMNS "WHERE n = ?1 AND user = ?2", "is", dp_id_n(id, 'l'), user), &l)
                  : row(fq_sql(c->db, COLUMNS "WHERE user = ?1 AND until_ms > ?2 ORDER BY until_ms LIMIT 1",
                               "si", user, c->now_ms),
                        &l);
  if (!found)
    return fq_fail(c->error, FQ_E_NOT_FOUND, "leave.none", "params.user", "%s 没有进行中或将来的请假",
                   "%s has no leave that runs or is to come", user);
  if (l.until_ms <= c->now_ms)
    return fq_fail(c->error, FQ_E_CONFLICT, "leave.closed", "params.id", "该请假已结束,记录不能更改",
                   "that leave has ended: its record stays");
  return say(c, "leave.ended", &l, fq_json_object());
}

enum fq_status dp_apply_leave_set(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  fq_exec(a->db,
          "INSERT INTO leave(n, user, from_ms, until_ms, deputy, reason) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
          "isiiss", dp_id_n(fq_json_str(d, "id"), 'l'), e->subject, fq_time_parse(fq_json_str(d, "from")),
          fq_time_parse(fq_json_str(d, "until")), fq_json_str(d, "deputy"), fq_json_str(d, "reason"));
  return dp_apply_staff_moved(a, e);
}

enum fq_status dp_apply_leave_ended(struct fq_apply *a, const struct fq_entry *e) {
  int64_t n = dp_id_n(fq_json_str(e->data, "id"), 'l');
  fq_exec(a->db, "DELETE FROM leave WHERE n = ?1 AND from_ms >= ?2", "ii", n, e->at_ms);
  fq_exec(a->db, "UPDATE leave SET until_ms = ?2 WHERE n = ?1", "ii", n, e->at_ms);
  return dp_apply_staff_moved(a, e);
}
