/* server.c - how Janus is, for whoever looks after the server: media.server. */
#include "janus.h"

#include <string.h>

static const char *const states[] = {[JN_OFF] = "off",
                                     [JN_STARTING] = "starting",
                                     [JN_UP] = "up",
                                     [JN_RESTING] = "resting",
                                     [JN_BROKEN] = "broken"};

static enum fq_status server(struct fq_query *q) {
  const struct cf_janus *j = ((struct cf_self *)q->self)->janus_state;
  int64_t rooms = 0, members = 0, streams = 0;
  for (const struct jn_room *r = j->rooms; r; r = r->next, rooms++)
    for (const struct jn_member *m = r->members; m; m = m->next)
      members++;
  for (const struct jn_stream *s = j->streams; s; s = s->next)
    streams++;
  fq_json_set_str(q->result, "state", states[j->state]);
  if (j->state != JN_UP) {
    fq_json_set_str(q->result, "why_zh", j->zh);
    fq_json_set_str(q->result, "why_en", j->en);
  }
  if (j->state == JN_UP) {
    fq_json_set_str(q->result, "address", j->plan.media_ip[0] ? j->plan.media_ip : j->plan.local_ip);
    fq_json_set_str(q->result, "ports", j->plan.rtp_ports);
  }
  fq_json_set_int(q->result, "rooms", rooms);
  fq_json_set_int(q->result, "people", members);
  fq_json_set_int(q->result, "cameras", streams);
  fq_json_set_int(q->result, "handles", j->handle_count);
  fq_json_set_int(q->result, "starts", (int64_t)j->starts);
  return FQ_OK;
}

const struct fq_method jn_methods[] = {
    {.name = "media.server",
     .roles = FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT | FQ_ROLE_DESK,
     .flags = FQ_LIVE,
     .query = server,
     .zh = "媒体服务器怎么样:没装、启动中、可用、重启中、反复退出",
     .en = "how the media server is: off, starting, up, resting between two lives, broken; why, and what it "
           "carries",
     .result = "{state, why_zh?, why_en?, address?, ports?, rooms: number, people: number, cameras: number, "
               "handles: number, starts: number}"},
    {0},
};
