/*
 * tell.c - what everybody in a call may see of the others at once and nobody needs to remember: who speaks,
 * whose line is bad. Kernel thread.
 */
#include <string.h>

#include "media/media.h"

#define QUALITY_MS 30000 /* said again after so long, at once when it has become better or worse */

static void tell_all(struct md_room *r, const char *topic, const fq_json *data) {
  for (struct md_seat *p = r->seats; p; p = p->next)
    if (!p->away) fq_tell(r->self->kernel, p->session, topic, fq_json_dup(data));
}

void cf_talking(struct cf_self *s, const char *conf, const char *user, bool talking) {
  struct md_room *r = md_room_find(s, conf);
  struct md_seat *p = r ? md_seat_find(r, user) : NULL;
  if (!p || p->hidden) return;
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "conf", conf);
  fq_json_set_str(data, "user", user);
  fq_json_set_bool(data, "talking", talking);
  tell_all(r, "talking", data);
  fq_json_free(data);
}

/* 1 good, 2 that one notices, 3 that one cannot talk over. */
static int grade(double rtt_ms, double loss) {
  if (rtt_ms > 800 || loss > 0.10) return 3;
  return rtt_ms > 300 || loss > 0.03 ? 2 : 1;
}

void md_quality(struct cf_self *s, const struct cf_leg *l, const fq_json *measure) {
  struct md_room *r = md_room_find(s, l->conf);
  struct md_seat *p = r ? md_seat_find(r, l->user) : NULL;
  double rtt_ms = fq_json_num(measure, "rtt_ms", -1), loss = fq_json_num(measure, "loss", -1);
  if (!p || p->hidden || l->kind == CF_LEG_CAMERA || (rtt_ms < 0 && loss < 0)) return;
  int now = grade(rtt_ms, loss);
  int64_t at_ms = fq_now_ms(s->kernel);
  if (now == p->grade && at_ms - p->told_ms < QUALITY_MS) return;
  p->grade = now;
  p->told_ms = at_ms;
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "conf", r->conf);
  fq_json_set_str(data, "user", p->user);
  if (rtt_ms >= 0) fq_json_set_num(data, "rtt_ms", rtt_ms);
  if (loss >= 0) fq_json_set_num(data, "loss", loss);
  fq_json_set_num(data, "kbps", fq_json_num(measure, "kbps_in", 0) + fq_json_num(measure, "kbps_out", 0));
  tell_all(r, "quality", data);
  fq_json_free(data);
}
