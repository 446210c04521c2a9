/*
 * apply.c - the table of guests follows the entries: links given and taken back, and what the conference
 * itself says of them. When a link runs out stands in its entry, so a restart forgets nothing. Kernel thread.
 */
#include <stdio.h>

#include "guest/guest.h"

static void timer_id(char out[FQ_ID_MAX + 16], int64_t n) {
  snprintf(out, FQ_ID_MAX + 16, "conf:" CG_PREFIX "%lld:until", (long long)n);
}

enum fq_status cg_apply_linked(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  const char *user = fq_json_str(d, "user");
  int64_t n = cg_n(user), until_ms = fq_time_parse(fq_json_str(d, "until"));
  char timer[FQ_ID_MAX + 16];
  fq_exec(a->db,
          "INSERT INTO conf_guest(n, conf, org, name, whose, by, mark, phone, created_ms, until_ms)"
          " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
          " ON CONFLICT(n) DO UPDATE SET mark = excluded.mark, until_ms = excluded.until_ms,"
          " phone = coalesce(excluded.phone, phone), by = excluded.by",
          "isssssssii", n, fq_json_str(d, "conf"), e->org, fq_json_str(d, "name"), fq_json_str(d, "whose"),
          e->actor, fq_json_str(d, "mark"), fq_json_str(d, "phone"), e->at_ms, until_ms);
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "guest", user);
  timer_id(timer, n);
  fq_timer_set(a, timer, until_ms, "conf.link_due", e->subject, params);
  return FQ_OK;
}

/* The first end counts: a link taken back has not run out as well. */
static void end(struct fq_apply *a, int64_t n, int64_t at_ms, const char *why) {
  char timer[FQ_ID_MAX + 16];
  fq_exec(a->db, "UPDATE conf_guest SET ended_ms = ?2, why = ?3 WHERE n = ?1 AND ended_ms IS NULL", "iis", n,
          at_ms, why);
  timer_id(timer, n);
  fq_timer_clear(a, timer);
}

enum fq_status cg_apply_unlinked(struct fq_apply *a, const struct fq_entry *e) {
  end(a, cg_n(fq_json_str(e->data, "user")), e->at_ms, fq_json_str(e->data, "why"));
  return FQ_OK;
}

enum fq_status cg_apply_kicked(struct fq_apply *a, const struct fq_entry *e) {
  int64_t n = cg_n(fq_json_str(e->data, "user"));
  if (n) end(a, n, e->at_ms, "kicked");
  return FQ_OK;
}

enum fq_status cg_apply_ended(struct fq_apply *a, const struct fq_entry *e) {
  for (int64_t n;
       (n = fq_int(a->db, 0, "SELECT n FROM conf_guest WHERE conf = ?1 AND ended_ms IS NULL LIMIT 1", "s",
                   fq_json_str(e->data, "conf")));)
    end(a, n, e->at_ms, "ended");
  return FQ_OK;
}

enum fq_status cg_apply_seen(struct fq_apply *a, const struct fq_entry *e) {
  int64_t n = cg_n(fq_json_str(e->data, "user"));
  if (n) fq_exec(a->db, "UPDATE conf_guest SET used = 1 WHERE n = ?1", "i", n);
  return FQ_OK;
}
