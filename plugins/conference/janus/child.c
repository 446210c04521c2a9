/*
 * child.c - the process of Janus: started with the server, unprivileged, and started again whenever it ends.
 * The pauses grow; when it ends too often in a minute it rests for a minute, and conferences do without it
 * meanwhile.
 */
#include "janus.h"

#include <stdio.h>
#include <string.h>

enum { PAUSE_MS = 200, PAUSE_MOST_MS = 10000, END_MS = 2000, ABSENT_MS = 60000 };

/* Cuts at a whole letter. */
void jn_copy(char *out, size_t cap, const char *text) {
  size_t n = strlen(text);
  if (n >= cap) {
    n = cap - 1;
    while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
      n--;
  }
  memmove(out, text, n);
  out[n] = 0;
}

static void say_why(struct cf_janus *j, const char *zh, const char *en) {
  jn_copy(j->zh, sizeof j->zh, zh);
  jn_copy(j->en, sizeof j->en, en);
}

static void set_state(struct cf_janus *j, enum jn_state state) {
  bool was = j->state == JN_UP || j->state == JN_BROKEN || j->state == JN_OFF;
  bool differs = state != j->state && (was || state == JN_UP || state == JN_BROKEN || state == JN_OFF);
  j->state = state;
  if (differs && !j->stopping) cf_backend_changed(j->self, &cf_janus_backend);
}

/* ---- its end, and its next life -------------------------------------------------------------------------
 */

static void on_again(fq_kernel *k, void *arg) {
  struct cf_janus *j = arg;
  (void)k;
  j->again = NULL;
  jn_child_begin(j);
}

static bool too_often(struct cf_janus *j, int64_t now) {
  memmove(j->ended_ms, j->ended_ms + 1, sizeof j->ended_ms - sizeof *j->ended_ms);
  j->ended_ms[JN_CRASHES - 1] = now;
  return j->ended_ms[0] && now - j->ended_ms[0] < JN_CRASH_MS;
}

static void start_again(struct cf_janus *j, const char *zh, const char *en) {
  int64_t now = fq_now_ms(j->kernel), pause = PAUSE_MS;
  say_why(j, zh, en);
  if (too_often(j, now)) {
    char more_zh[600], more_en[600];
    snprintf(more_zh, sizeof more_zh, "媒体服务器一分钟内退出了三次,一分钟后再试。%s", zh);
    snprintf(more_en, sizeof more_en,
             "the media server ended three times in a minute; tried again in a minute. %s", en);
    say_why(j, more_zh, more_en);
    fq_log(FQ_LOG_ERROR, "janus: %s", more_en);
    pause = JN_CRASH_MS;
    memset(j->ended_ms, 0, sizeof j->ended_ms);
    j->backoff = 0;
    set_state(j, JN_BROKEN);
  } else {
    pause <<= j->backoff < 6 ? j->backoff++ : 6;
    if (pause > PAUSE_MOST_MS) pause = PAUSE_MOST_MS;
    set_state(j, JN_RESTING);
  }
  if (!j->again) j->again = fq_after_ms(j->kernel, pause, on_again, j);
}

static void on_ended(fq_kernel *k, void *arg, int code, int signal) {
  struct cf_janus *j = arg;
  char zh[400], en[400];
  (void)k;
  j->process = NULL;
  jn_talk_end(j);
  if (j->stopping) return;
  if (signal) {
    snprintf(zh, sizeof zh, "媒体服务器被信号 %d 结束,正在重新启动", signal);
    snprintf(en, sizeof en, "the media server was ended by signal %d and is being started again", signal);
  } else {
    snprintf(zh, sizeof zh, "媒体服务器退出(%d):%s", code, j->last_line);
    snprintf(en, sizeof en, "the media server ended (%d): %s", code, j->last_line);
  }
  fq_log(FQ_LOG_WARN, "janus: %s", en);
  start_again(j, zh, en);
}

/* Janus paints its words whatever it is told; and a line of its own may hold a path, never a secret. */
static void on_line(fq_kernel *k, void *arg, bool error, const char *text) {
  struct cf_janus *j = arg;
  (void)k;
  (void)error;
  bool bad = strstr(text, "[ERR]") || strstr(text, "[FATAL]");
  if (bad) jn_copy(j->last_line, sizeof j->last_line, text);
  fq_log(bad ? FQ_LOG_WARN : FQ_LOG_DEBUG, "janus: %s", text);
}

/* ---- its start ------------------------------------------------------------------------------------------
 */

static void launch(struct cf_janus *j) {
  const char *const argv[] = {j->plan.program, "-F", ".", "-o", NULL};
  struct fq_process_spec spec = {
      .argv = argv, .dir = j->plan.dir, .unprivileged = true, .line = on_line, .ended = on_ended, .arg = j};
  struct fq_error e = {0};
  j->last_line[0] = 0;
  j->killed = false;
  j->process = fq_process_start(j->kernel, &spec, &e);
  if (!j->process) {
    start_again(j, e.zh, e.en);
    return;
  }
  j->starts++;
  jn_talk_begin(j);
}

/* What a helper does for a start, and what it found. */
struct errand {
  struct cf_janus *janus;
  struct jn_plan plan;
  struct jn_look left; /* recordings of the life before */
};

static void prepare(void *arg) {
  struct errand *r = arg;
  r->left.dead = true;
  jn_record_look(&r->left);
  jn_prepare(&r->plan);
}

static void prepared(fq_kernel *k, void *arg) {
  struct errand *r = arg;
  struct cf_janus *j = r->janus;
  (void)k;
  struct jn_found *left = r->left.found;
  j->preparing = false;
  j->plan = r->plan;
  explicit_bzero(r, sizeof *r);
  free(r);
  jn_record_tell(j, left);
  if (j->stopping) return;
  if (j->plan.absent) {
    say_why(j, j->plan.error.zh, j->plan.error.en);
    fq_log(FQ_LOG_DEBUG, "janus: %s", j->en);
    set_state(j, JN_OFF);
    j->again = fq_after_ms(j->kernel, ABSENT_MS, on_again, j); /* it may be installed any time */
  } else if (j->plan.error.status) {
    fq_log(FQ_LOG_WARN, "janus: %s", j->plan.error.en);
    start_again(j, j->plan.error.zh, j->plan.error.en);
  } else {
    launch(j);
  }
}

void jn_child_begin(struct cf_janus *j) {
  struct cf_self *s = j->self;
  if (j->process || j->preparing || j->stopping) return;
  if (!s->janus[0] || strcmp(s->backend, "mesh") == 0) {
    say_why(j, "设置为不用媒体服务器", "no media server is wanted (conference.janus, conference.backend)");
    set_state(j, JN_OFF);
    return;
  }
  struct errand *r = jn_grab(sizeof *r);
  r->janus = j;
  snprintf(r->plan.program, sizeof r->plan.program, "%s", s->janus);
  snprintf(r->plan.plugins, sizeof r->plan.plugins, "%s", s->janus_plugins);
  snprintf(r->plan.transports, sizeof r->plan.transports, "%s", s->janus_transports);
  snprintf(r->plan.media_ip, sizeof r->plan.media_ip, "%s", s->media_ip);
  snprintf(r->plan.rtp_ports, sizeof r->plan.rtp_ports, "%s", s->rtp_ports);
  snprintf(r->plan.data_dir, sizeof r->plan.data_dir, "%s", fq_data_dir(j->kernel));
  snprintf(r->left.data_dir, sizeof r->left.data_dir, "%s", fq_data_dir(j->kernel));
  if (j->state == JN_STARTING || !j->zh[0]) say_why(j, "媒体服务器正在启动", "the media server is starting");
  if (j->state != JN_BROKEN && j->state != JN_OFF)
    set_state(j, JN_STARTING); /* one that broke has to prove itself first */
  j->preparing = true;
  fq_work(j->kernel, prepare, prepared, r);
}

void jn_child_up(struct cf_janus *j) {
  j->zh[0] = j->en[0] = 0;
  if (j->state != JN_UP) fq_log(FQ_LOG_INFO, "janus: up, media at %s", j->plan.local_ip);
  set_state(j, JN_UP);
}

void jn_child_kill(struct cf_janus *j, const char *why) {
  if (!j->process || j->stopping || j->killed) return;
  j->killed = true;
  fq_log(FQ_LOG_WARN, "janus: ended, for %s", why);
  fq_process_end(j->process, 0);
}

void jn_child_stop(struct cf_janus *j) {
  j->stopping = true;
  fq_after_cancel(j->again);
  j->again = NULL;
  jn_talk_end(j);
  if (j->process) fq_process_end(j->process, END_MS);
}
