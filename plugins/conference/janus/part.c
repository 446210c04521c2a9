/*
 * part.c - the life of this part: with the server Janus starts, with it it ends. A server without it is a
 * healthy one that is ready to serve: how Janus is says media.server, and each conference what it lacks.
 */
#include "janus.h"

static void every_second(fq_kernel *k, void *arg) {
  struct cf_janus *j = arg;
  j->second = fq_after_ms(k, 1000, every_second, j);
  jn_talk_second(j);
  jn_record_second(j);
}

static enum fq_status init(void *arg, fq_kernel *k, struct fq_error *e) {
  struct cf_self *s = arg;
  struct cf_janus *j = s->janus_state = jn_grab(sizeof *j);
  (void)e;
  j->self = s;
  j->kernel = k;
  j->turn = -1;
  return FQ_OK;
}

static enum fq_status start(void *arg, fq_kernel *k, struct fq_error *e) {
  struct cf_janus *j = ((struct cf_self *)arg)->janus_state;
  (void)e;
  j->state = JN_STARTING;
  every_second(k, j);
  jn_child_begin(j);
  return FQ_OK;
}

static void stop(void *arg, fq_kernel *k) {
  struct cf_janus *j = ((struct cf_self *)arg)->janus_state;
  (void)k;
  fq_after_cancel(j->second);
  j->second = NULL;
  jn_child_stop(j);
  jn_socket_stop(j->socket);
  while (j->rooms)
    jn_room_drop(j->rooms);
  jn_streams_free(j);
}

static void fini(void *arg) {
  struct cf_self *s = arg;
  struct cf_janus *j = s->janus_state;
  if (!j) return;
  jn_record_free(j);
  jn_record_leave(fq_data_dir(j->kernel));
  jn_socket_free(j->socket);
  free(j);
  s->janus_state = NULL;
}

const struct fq_plugin cf_janus_part = {FQ_PLUGIN_HEAD,
                                        .name = "conference.janus",
                                        .version = CF_VERSION,
                                        .zh = "媒体服务器",
                                        .en = "the media server",
                                        .methods = jn_methods,
                                        .init = init,
                                        .start = start,
                                        .stop = stop,
                                        .fini = fini};
