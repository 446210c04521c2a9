/*
 * camera.h - what the files of this part share. What a camera is and who watched it when is journalled; that
 * pictures flow at this moment is volatile (struct cam_live). Kernel thread, but where a line says otherwise.
 */
#ifndef FQ_PLUGIN_CONFERENCE_CAMERA_H
#define FQ_PLUGIN_CONFERENCE_CAMERA_H

#include <pthread.h>

#include "conference.h"

enum {
  CAM_CLASSES = 8,
  CAM_FAMILY = 8,     /* a camera in a home: nobody's but the relative's, with consent */
  CAM_URL_MOST = 400, /* bytes of an address */
  CAM_LIVE_MOST = 48, /* bridges at a time: 2 % of a core and 52 MB each */
  CAM_IMPORT_MOST = 500
};

/* ---- a camera as its row stands (store.c); any thread with a handle of its own ------------------------- */

struct cam {
  int64_t n, class, level, until_ms, consent_ms; /* until: the consent's end; 0: no family camera */
  bool privacy, transcode, has_url;
  char id[FQ_ID_MAX], org[FQ_ID_MAX], name[128], gb_id[24], transport[8], family[FQ_ID_MAX];
  char departments[1024]; /* JSON */
};
bool cam_load(fq_db *db, const char *id, struct cam *out);
bool cam_load_n(fq_db *db, int64_t n, struct cam *out);
enum fq_status cam_need(struct fq_call *c, struct cam *out);
void cam_id(char out[FQ_ID_MAX], int64_t n);
int64_t cam_n(const char *id); /* -1 when it is no camera's */
void cam_copy(char *out, size_t cap, const char *s);
/* The address, sealed; the caller frees. NULL when there is none. */
char *cam_sealed(fq_db *db, int64_t n);
enum fq_status cam_emit(struct fq_call *c, const struct cam *cam, const char *kind, const char *user,
                        fq_json *data);

/* ---- what an address and a GB/T 28181 id must look like (address.c); any thread -------------------------
 */

enum fq_status cam_check_url(const char *url, const char *path, struct fq_error *e);
enum fq_status cam_check_gb(const char *id, const char *path, struct fq_error *e);
void cam_host(const char *url, char out[128]); /* host and port, without the rest */

/* ---- who may (rights.c); any thread ---------------------------------------------------------------------
 */

enum cam_may { CAM_NO, CAM_WITH_REASON, CAM_YES };
enum fq_status cam_check_right(struct fq_call *c, const struct cam *cam);
enum cam_may cam_may_watch(fq_db *db, const struct cam *cam, const struct fq_actor *a, int64_t now_ms);
bool cam_may_see(fq_db *db, const struct cam *cam, const struct fq_actor *a, int64_t now_ms);

/* ---- the picture (live.c, bridge.c, ffmpeg.c) ------------------------------------------------------------
 */

enum cam_state { CAM_OFF, CAM_STARTING, CAM_LIVE, CAM_FAILED };

struct cam_watcher {
  struct cam_watcher *next;
  int64_t watch;    /* seq of cam.watched */
  bool confirmed;   /* that entry is on disk */
  const char *over; /* may or need not watch any longer: why */
  char user[FQ_ID_MAX], org[FQ_ID_MAX], conf[FQ_ID_MAX], session[64], leg[24];
  uint32_t roles;
};

struct cam_live {
  struct cam_live *next;
  struct cf_self *self;
  char id[FQ_ID_MAX];
  struct cam cam; /* as cam.sync read it last */
  char *sealed;   /* its address */
  bool gone;      /* there is no such camera any more */
  bool changed;   /* its address, or how it is to be read */
  enum cam_state state;
  char why[24]; /* of CAM_FAILED: a word of cam_why_words() */
  struct cam_watcher *watchers;
  fq_process *process;
  fq_after *retry, *linger, *look;
  int64_t backoff_ms, retry_at_ms, asked_ms, started_ms, frames, frames_at_ms;
  int port;
  bool transcode, asked, ending, wrong_codec;
  char said[24]; /* why ffmpeg thinks that it failed */
};

struct cf_cameras {
  pthread_mutex_t lock; /* for `live`: readers look at the states */
  struct cam_live *live;
  struct cam_job *jobs; /* snapshots and probes under way */
  char dir[600];
  bool started;
  int64_t failures; /* since the server began */
};

const char *cam_state_name(enum cam_state s);
/* Puts state, why, why_zh, why_en, retry_at. Any thread. */
void cam_put_state(struct cf_self *s, const char *camera, fq_json *into);
void cam_why_words(const char *why, const char **zh, const char **en);

struct cam_live *cam_live_find(struct cf_self *s, const char *camera);
const struct cam_watcher *cam_watching(struct cf_self *s, const char *camera, const char *session);
size_t cam_live_count(struct cf_self *s);
/* From handlers; they take effect after the commit. Somebody watches; the watch of a session is over; the
 * camera, or who may watch it, has changed. */
void cam_begin(struct cf_self *s, const char *camera, const struct cam_watcher *w);
void cam_end(struct cf_self *s, const char *camera, int64_t watch);
void cam_review(struct cf_self *s, const char *camera);
void cam_live_free(struct cf_self *s);
void cam_session_gone(struct cf_self *s, const char *session);

void cam_bridge_start(struct cam_live *l);
void cam_bridge_stop(struct cam_live *l);
void cam_bridge_restart(struct cam_live *l);
void cam_bridge_over(struct cam_live *l); /* its process has ended after cam_bridge_stop() */
void cam_live_state(struct cam_live *l, enum cam_state state, const char *why);

/* ffmpeg reads the address from its standard input, so that no list of processes shows it. */
char *cam_input(const char *url, const char *transport, int64_t timeout_ms); /* free() */
/* What a line of ffmpeg's says: a word of cam_why_words(), or "". */
const char *cam_reason_of(const char *line);
/* "h264", 320, 240 and 15 out of its line about the stream. */
struct cam_stream {
  char codec[16];
  int width, height;
  double fps;
};
bool cam_stream_of(const char *line, struct cam_stream *out);
enum fq_status cam_ffmpeg_start(struct cf_self *s, const char *const *argv, const char *input,
                                void (*line)(fq_kernel *k, void *arg, bool error, const char *text),
                                void (*ended)(fq_kernel *k, void *arg, int code, int signal), void *arg,
                                fq_process **out, struct fq_error *e);

/* ---- snapshots and probes (snapshot.c, check.c) ----------------------------------------------------------
 */

void cam_jobs_free(struct cf_self *s);

/* clang-format off */
#define CAM_COMMANDS(X) \
  X(set) X(remove) X(import) X(watch) X(unwatch) X(over) X(sweep) X(sync) X(snapshot) X(snapped) X(check) X(consent) X(consent_due) \
  X(link) X(unlink)
/* clang-format on */
#define X(name) enum fq_status cam_##name##_run(struct fq_call *c);
CAM_COMMANDS(X)
#undef X
enum fq_status cam_target(struct fq_call *c, struct fq_target *t);
enum fq_status cam_set_target(struct fq_call *c, struct fq_target *t);
enum fq_status cam_list_query(struct fq_query *q);
enum fq_status cam_get_query(struct fq_query *q);
enum fq_status cam_watches_query(struct fq_query *q);
enum fq_status cam_apply_set(struct fq_apply *a, const struct fq_entry *e);
enum fq_status cam_apply_source(struct fq_apply *a, const struct fq_entry *e);
enum fq_status cam_apply_removed(struct fq_apply *a, const struct fq_entry *e);
enum fq_status cam_apply_watched(struct fq_apply *a, const struct fq_entry *e);
enum fq_status cam_apply_unwatched(struct fq_apply *a, const struct fq_entry *e);
enum fq_status cam_apply_snapped(struct fq_apply *a, const struct fq_entry *e);
enum fq_status cam_apply_consented(struct fq_apply *a, const struct fq_entry *e);
enum fq_status cam_apply_linked(struct fq_apply *a, const struct fq_entry *e);
enum fq_status cam_apply_unlinked(struct fq_apply *a, const struct fq_entry *e);
bool cam_guest(void *self, fq_db *db, const char *token, int64_t now_ms, struct fq_guest *out);

#endif
