/*
 * live.c - who watches what at this moment. The journal says who may look and who looked; here it meets what
 * runs: after each commit that concerns a camera `cam.sync` reads how it stands, and what runs is made to fit
 * - a bridge for the first viewer, none half a minute after the last, no frame to whoever may not look any
 * more. Kernel thread; readers look at the states under the lock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camera.h"

#define LINGER_MS                                                                                            \
  INT64_C(30000) /* who turns from one page to the next need not wait for the camera again                   \
                  */

const char *cam_state_name(enum cam_state s) {
  static const char *const names[] = {"off", "starting", "live", "failed"};
  return names[s];
}

void cam_why_words(const char *why, const char **zh, const char **en) {
  static const struct {
    const char *why, *zh, *en;
  } words[] = {
      {"login", "用户名或密码不对", "user name or password refused"},
      {"path", "摄像头没有这一路码流,请核对地址", "the camera has no such stream: check the address"},
      {"refused", "摄像头拒绝连接,可能正在重启", "the camera refuses: it may be restarting"},
      {"unreachable", "网络不通", "no way to the camera's network"},
      {"name", "主机名无法解析", "the host's name is unknown"},
      {"timeout", "摄像头没有应答", "the camera does not answer"},
      {"silent", "摄像头不再送来画面", "the camera sends no pictures any more"},
      {"gone", "摄像头断开了,可能正在重启", "the camera hung up: it may be restarting"},
      {"codec", "摄像头送的不是 H.264,浏览器不能显示:请在摄像头上改,或打开转码",
       "the camera does not send H.264, which browsers show: set it so, or turn transcoding on"},
      {"media", "媒体服务器不可用,看不了摄像头", "no media server: cameras cannot be shown"},
      {"source", "没有登记地址", "it has no address"},
      {"ffmpeg", "没有安装 ffmpeg", "ffmpeg is not installed"},
      {"disk", "磁盘已满", "the disk is full"},
  };
  *zh = *en = "";
  for (size_t x = 0; x < sizeof words / sizeof *words; x++)
    if (!strcmp(words[x].why, why)) {
      *zh = words[x].zh;
      *en = words[x].en;
    }
}

/* ---- the list -------------------------------------------------------------------------------------------
 */

struct cam_live *cam_live_find(struct cf_self *s, const char *camera) {
  struct cam_live *l = s->cameras->live;
  while (l && strcmp(l->id, camera))
    l = l->next;
  return l;
}

size_t cam_live_count(struct cf_self *s) {
  size_t n = 0;
  for (const struct cam_live *l = s->cameras->live; l; l = l->next)
    n++;
  return n;
}

const struct cam_watcher *cam_watching(struct cf_self *s, const char *camera, const char *session) {
  const struct cam_live *l = cam_live_find(s, camera);
  const struct cam_watcher *w = l ? l->watchers : NULL;
  while (w && (strcmp(w->session, session) || w->over))
    w = w->next;
  return w;
}

static struct cam_live *live_new(struct cf_self *s, const char *camera) {
  struct cam_live *l = calloc(1, sizeof *l);
  if (!l) abort();
  l->self = s;
  cam_copy(l->id, sizeof l->id, camera);
  pthread_mutex_lock(&s->cameras->lock);
  l->next = s->cameras->live;
  s->cameras->live = l;
  pthread_mutex_unlock(&s->cameras->lock);
  return l;
}

/* Its process may still be ending: it holds the record, which goes with it then. */
static void live_drop(struct cam_live *l) {
  struct cf_cameras *all = l->self->cameras;
  pthread_mutex_lock(&all->lock);
  for (struct cam_live **at = &all->live; *at; at = &(*at)->next)
    if (*at == l) {
      *at = l->next;
      break;
    }
  pthread_mutex_unlock(&all->lock);
  free(l->sealed);
  free(l);
}

static void state_words(enum cam_state state, const char *why, int64_t retry_at_ms, fq_json *into) {
  fq_json_set_str(into, "state", cam_state_name(state));
  if (state != CAM_FAILED) return;
  const char *zh, *en;
  cam_why_words(why, &zh, &en);
  fq_json_set_str(into, "why", why);
  fq_json_set_str(into, "why_zh", zh);
  fq_json_set_str(into, "why_en", en);
  if (retry_at_ms) fq_json_set_time(into, "retry_at", retry_at_ms);
}

void cam_put_state(struct cf_self *s, const char *camera, fq_json *into) {
  enum cam_state state = CAM_OFF;
  char why[24] = "";
  int64_t retry_at_ms = 0;
  pthread_mutex_lock(&s->cameras->lock);
  const struct cam_live *l = cam_live_find(s, camera);
  if (l) {
    state = l->state;
    retry_at_ms = l->retry_at_ms;
    cam_copy(why, sizeof why, l->why);
  }
  pthread_mutex_unlock(&s->cameras->lock);
  state_words(state, why, retry_at_ms, into);
}

/* ---- what viewers are told ------------------------------------------------------------------------------
 */

static void tell(struct cam_live *l, const struct cam_watcher *w) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "camera", l->id);
  state_words(l->state, l->why, l->retry_at_ms, data);
  fq_tell(l->self->kernel, w->session, "camera", data);
}

static void give_leg(struct cam_live *l, struct cam_watcher *w) {
  if (w->over || !w->confirmed || (*w->leg && cf_leg_find(l->self, w->leg))) return;
  struct cf_leg *leg = cf_stream_watch(l->self, l->id, w->conf, w->user, w->session);
  cam_copy(w->leg, sizeof w->leg, leg ? leg->id : "");
}

void cam_live_state(struct cam_live *l, enum cam_state state, const char *why) {
  bool changed = l->state != state || strcmp(l->why, why) != 0 || state == CAM_FAILED;
  pthread_mutex_lock(&l->self->cameras->lock);
  l->state = state;
  cam_copy(l->why, sizeof l->why, why);
  pthread_mutex_unlock(&l->self->cameras->lock);
  for (struct cam_watcher *w = l->watchers; w; w = w->next) {
    if (changed) tell(l, w);
    if (state == CAM_LIVE) give_leg(l, w);
  }
}

/* ---- the end of a watch ---------------------------------------------------------------------------------
 */

static void command(struct cf_self *s, const char *method, const char *camera, int64_t watch,
                    const char *why) {
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "id", camera);
  if (watch) fq_json_set_int(params, "watch", watch);
  if (why) fq_json_set_str(params, "why", why);
  fq_command(s->kernel, method, params, NULL, NULL);
}

static void idle(fq_kernel *k, void *arg) {
  struct cam_live *l = arg;
  l->linger = NULL;
  if (l->watchers) return;
  cam_bridge_stop(l);
  cam_live_state(l, CAM_OFF, "");
  if (!l->process) live_drop(l);
}

void cam_bridge_over(struct cam_live *l) {
  if (!l->watchers && l->state == CAM_OFF) live_drop(l);
}

static void remove_over(struct cam_live *l) {
  for (struct cam_watcher **at = &l->watchers; *at;) {
    struct cam_watcher *w = *at;
    if (!w->over) {
      at = &w->next;
      continue;
    }
    struct cf_leg *leg = *w->leg ? cf_leg_find(l->self, w->leg) : NULL;
    *at = w->next;
    if (leg) cf_leg_close(l->self, leg, w->over);
    if (w->confirmed && strcmp(w->over, "left")) {
      struct cam_live off = {.self = l->self, .state = CAM_OFF};
      cam_copy(off.id, sizeof off.id, l->id);
      tell(&off, w);
      command(l->self, "cam.over", l->id, w->watch, w->over);
    }
    free(w);
  }
  if (l->watchers) return;
  fq_after_cancel(l->linger);
  l->linger = fq_after_ms(l->self->kernel, l->gone ? 0 : LINGER_MS, idle, l);
}

/* ---- cam.sync -------------------------------------------------------------------------------------------
 */

struct note {
  struct cf_self *self;
  char camera[FQ_ID_MAX];
  struct cam_watcher *watcher;
  int64_t watch;
};

static struct note *note_new(struct cf_self *s, const char *camera) {
  struct note *n = calloc(1, sizeof *n);
  if (!n) abort();
  n->self = s;
  cam_copy(n->camera, sizeof n->camera, camera);
  return n;
}

static void settled(fq_kernel *k, void *arg) {
  struct note *n = arg;
  struct cam_live *l = cam_live_find(n->self, n->camera);
  free(n);
  if (!l) return;
  remove_over(l);
  if (l->changed) {
    cam_live_state(l, CAM_STARTING, "");
    cam_bridge_restart(l);
  }
  l->changed = false;
  if (!l->watchers) return;
  fq_after_cancel(l->linger);
  l->linger = NULL;
  if (l->state == CAM_LIVE)
    cam_live_state(l, CAM_LIVE, "");
  else
    cam_bridge_start(l);
}

static bool text_differs(const char *a, const char *b) {
  return (a != NULL) != (b != NULL) || (a && strcmp(a, b) != 0);
}

/* Reads how the camera stands; whoever may not look any longer is marked. */
enum fq_status cam_sync_run(struct fq_call *c) {
  struct cf_self *s = c->self;
  const char *id = fq_json_str(c->params, "id");
  struct cam_live *l = cam_live_find(s, id);
  struct cam cam;
  if (!l) return FQ_OK;
  l->gone = !cam_load(c->db, id, &cam);
  if (!l->gone) {
    char *sealed = cam_sealed(c->db, cam.n);
    l->changed =
        l->changed || (l->cam.n && (text_differs(l->sealed, sealed) || cam.transcode != l->cam.transcode ||
                                    strcmp(cam.transport, l->cam.transport) != 0));
    free(l->sealed);
    l->sealed = sealed;
    l->cam = cam;
  }
  for (struct cam_watcher *w = l->watchers; w; w = w->next) {
    const struct fq_actor actor = {.name = w->user, .org = w->org, .roles = w->roles};
    if (!w->confirmed)
      w->confirmed = fq_int(c->db, 0, "SELECT 1 FROM camera_watch WHERE n = ?1 AND until_ms IS NULL", "i",
                            w->watch) != 0;
    if (w->over) continue;
    if (!w->confirmed)
      w->over = "left";
    else if (l->gone)
      w->over = "removed";
    else if (cam_may_watch(c->db, &cam, &actor, c->now_ms) == CAM_NO)
      w->over = "denied";
  }
  fq_post(s->kernel, settled, note_new(s, id));
  return FQ_OK;
}

static void begin(fq_kernel *k, void *arg) {
  struct note *n = arg;
  struct cf_self *s = n->self;
  struct cam_live *l = cam_live_find(s, n->camera);
  if (s->cameras->started) {
    if (!l) l = live_new(s, n->camera);
    n->watcher->next = l->watchers;
    l->watchers = n->watcher;
    command(s, "cam.sync", n->camera, 0, NULL);
  } else
    free(n->watcher);
  free(n);
}

void cam_begin(struct cf_self *s, const char *camera, const struct cam_watcher *w) {
  struct note *n = note_new(s, camera);
  n->watcher = malloc(sizeof *w);
  if (!n->watcher) abort();
  *n->watcher = *w;
  fq_post(s->kernel, begin, n);
}

static void finish(fq_kernel *k, void *arg) {
  struct note *n = arg;
  struct cam_live *l = cam_live_find(n->self, n->camera);
  for (struct cam_watcher *w = l ? l->watchers : NULL; w; w = w->next)
    if (w->watch == n->watch) w->over = "left";
  if (l) remove_over(l);
  free(n);
}

void cam_end(struct cf_self *s, const char *camera, int64_t watch) {
  struct note *n = note_new(s, camera);
  n->watch = watch;
  fq_post(s->kernel, finish, n);
}

static void review(fq_kernel *k, void *arg) {
  struct note *n = arg;
  if (cam_live_find(n->self, n->camera)) command(n->self, "cam.sync", n->camera, 0, NULL);
  free(n);
}

void cam_review(struct cf_self *s, const char *camera) {
  fq_post(s->kernel, review, note_new(s, camera));
}

void cam_session_gone(struct cf_self *s, const char *session) {
  for (struct cam_live *l = s->cameras->live, *next; l; l = next) {
    bool any = false;
    next = l->next;
    for (struct cam_watcher *w = l->watchers; w; w = w->next)
      if (!strcmp(w->session, session) && !w->over) {
        w->over = "gone";
        any = true;
      }
    if (any) remove_over(l);
  }
}

void cam_live_free(struct cf_self *s) {
  for (struct cam_live *l; (l = s->cameras->live);) {
    for (struct cam_watcher *w = l->watchers, *next; w; w = next) {
      next = w->next;
      free(w);
    }
    live_drop(l);
  }
}
