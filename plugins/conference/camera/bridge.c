/*
 * bridge.c - one supervised ffmpeg a camera: RTSP over TCP in, RTP into a mountpoint of the media server out.
 * It ends when the camera reboots, loses its network or says nothing for ten seconds, and is started again
 * after a pause that grows from one second to a minute; the viewers keep their legs meanwhile. Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camera.h"

#define BACKOFF_FIRST_MS INT64_C(1000)
#define BACKOFF_MOST_MS  INT64_C(60000)
#define STEADY_MS        INT64_C(30000) /* who lasted this long is no camera that fails at once */
#define SILENT_MS        INT64_C(10000)
#define LOOK_MS          INT64_C(2000)
#define OPEN_MS          INT64_C(8000) /* an address that does not answer */
#define PORT_MS          INT64_C(6000) /* a media server that gives no port */
#define GRACE_MS         INT64_C(2000)

static void start(struct cam_live *l);

static void again(fq_kernel *k, void *arg) {
  struct cam_live *l = arg;
  l->retry = NULL;
  l->retry_at_ms = 0;
  start(l);
}

static void fail(struct cam_live *l, const char *why) {
  bool before = l->state == CAM_FAILED && !strcmp(l->why, why);
  int64_t now_ms = fq_now_ms(l->self->kernel);
  if (l->started_ms && now_ms - l->started_ms > STEADY_MS) l->backoff_ms = 0;
  l->backoff_ms = l->backoff_ms ? l->backoff_ms * 2 : BACKOFF_FIRST_MS;
  if (l->backoff_ms > BACKOFF_MOST_MS) l->backoff_ms = BACKOFF_MOST_MS;
  fq_after_cancel(l->retry);
  l->retry_at_ms = now_ms + l->backoff_ms;
  l->retry = fq_after_ms(l->self->kernel, l->backoff_ms, again, l);
  l->self->cameras->failures++;
  if (!before)
    fq_log(FQ_LOG_WARN, "camera %s: no picture: %s; again in %lld s", l->id, why,
           (long long)l->backoff_ms / 1000);
  cam_live_state(l, CAM_FAILED, why);
}

/* The mountpoint is asked for anew. */
static void no_port(struct cam_live *l) {
  cf_stream_close(l->self, l->id);
  l->asked = false;
  fail(l, "media");
}

static void look(fq_kernel *k, void *arg) {
  struct cam_live *l = arg;
  l->look = fq_after_ms(k, LOOK_MS, look, l);
  if (l->state == CAM_LIVE) cam_live_state(l, CAM_LIVE, ""); /* legs that were lost are opened anew */
  if (l->asked && fq_now_ms(k) - l->asked_ms > PORT_MS) {
    no_port(l);
    return;
  }
  if (!l->process || fq_now_ms(k) - l->frames_at_ms < SILENT_MS) return;
  cam_copy(l->said, sizeof l->said, l->frames ? "silent" : "timeout");
  fq_process_end(l->process, GRACE_MS);
}

static void frames(struct cam_live *l, int64_t count) {
  if (count <= l->frames) return;
  l->frames = count;
  l->frames_at_ms = fq_now_ms(l->self->kernel);
  if (l->state == CAM_LIVE) return;
  fq_log(FQ_LOG_INFO, "camera %s: live", l->id);
  cam_live_state(l, CAM_LIVE, "");
}

/* Browsers show H.264 alone; H.265 is made into it only where somebody has asked for that. */
static void line(fq_kernel *k, void *arg, bool error, const char *text) {
  struct cam_live *l = arg;
  struct cam_stream stream;
  if (!strncmp(text, "frame=", 6) && !error) {
    frames(l, strtoll(text + 6, NULL, 10));
    return;
  }
  const char *why = cam_reason_of(text);
  if (*why && !l->wrong_codec) cam_copy(l->said, sizeof l->said, why);
  if (l->frames || l->wrong_codec || l->transcode || !cam_stream_of(text, &stream) ||
      !strcmp(stream.codec, "h264"))
    return;
  l->wrong_codec = true;
  cam_copy(l->said, sizeof l->said, "codec");
  fq_process_end(l->process, GRACE_MS);
}

static void ended(fq_kernel *k, void *arg, int code, int signal) {
  struct cam_live *l = arg;
  l->process = NULL;
  if (!l->self->cameras->started) return;
  if (l->ending) {
    l->ending = false;
    if (l->watchers)
      start(l);
    else
      cam_bridge_over(l);
    return;
  }
  fail(l, *l->said ? l->said : l->frames ? "gone" : "timeout");
}

static enum fq_status run(struct cam_live *l, const char *url, struct fq_error *e) {
  char to[96];
  const char *argv[48];
  size_t n = 0;
  snprintf(to, sizeof to, "rtp://127.0.0.1:%d?pkt_size=1200&rtcpport=%d", l->port, l->port);
  static const char *const in[] = {"-hide_banner",
                                   "-nostats",
                                   "-loglevel",
                                   "info",
                                   "-progress",
                                   "pipe:1",
                                   "-stats_period",
                                   "1",
                                   "-f",
                                   "concat",
                                   "-safe",
                                   "0",
                                   "-protocol_whitelist",
                                   "pipe,rtsp,rtp,udp,tcp",
                                   "-i",
                                   "pipe:0",
                                   "-an"};
  /* Parameter sets before each key picture: a viewer may come at any time. */
  static const char *const copy[] = {"-c:v", "copy", "-bsf:v", "dump_extra=freq=keyframe"};
  static const char *const code[] = {"-c:v",     "libx264",     "-preset",    "ultrafast",
                                     "-tune",    "zerolatency", "-profile:v", "baseline",
                                     "-pix_fmt", "yuv420p",     "-vf",        "scale='min(1280,iw)':-2",
                                     "-g",       "50"};
  argv[n++] = l->self->ffmpeg;
  for (size_t x = 0; x < sizeof in / sizeof *in; x++)
    argv[n++] = in[x];
  if (l->transcode)
    for (size_t x = 0; x < sizeof code / sizeof *code; x++)
      argv[n++] = code[x];
  else
    for (size_t x = 0; x < sizeof copy / sizeof *copy; x++)
      argv[n++] = copy[x];
  argv[n++] = "-payload_type";
  argv[n++] = "96";
  argv[n++] = "-f";
  argv[n++] = "rtp";
  argv[n++] = to;
  argv[n] = NULL;
  char *input = cam_input(url, l->cam.transport, OPEN_MS);
  enum fq_status s = cam_ffmpeg_start(l->self, argv, input, line, ended, l, &l->process, e);
  memset(input, 0, strlen(input));
  free(input);
  return s;
}

static void start(struct cam_live *l) {
  struct cf_self *self = l->self;
  struct fq_error e = {0};
  if (l->process || l->retry || !l->watchers) return;
  if (!l->port) {
    cam_bridge_start(l);
    return;
  }
  char *url = l->sealed ? fq_open_sealed(self->kernel, l->sealed) : NULL;
  if (!url) {
    fail(l, "source");
    return;
  }
  l->transcode = l->cam.transcode;
  l->wrong_codec = false;
  l->frames = 0;
  l->said[0] = '\0';
  l->started_ms = l->frames_at_ms = fq_now_ms(self->kernel);
  if (l->state != CAM_FAILED) cam_live_state(l, CAM_STARTING, "");
  if (run(l, url, &e) != FQ_OK) {
    fq_log(FQ_LOG_ERROR, "camera %s: %s", l->id, e.en);
    fail(l, "ffmpeg");
  } else if (!l->look)
    l->look = fq_after_ms(self->kernel, LOOK_MS, look, l);
  memset(url, 0, strlen(url));
  free(url);
}

/* Also when the media server came back: then with another port. 0: it has none. */
static void ready(struct cf_self *s, const char *camera, int port) {
  struct cam_live *l = cam_live_find(s, camera);
  if (!l) return;
  l->asked = false;
  if (port == l->port && l->process) return;
  l->port = port;
  if (l->process)
    cam_bridge_restart(l);
  else if (port) {
    fq_after_cancel(l->retry);
    l->retry = NULL;
    l->retry_at_ms = 0;
    start(l);
  }
  if (!port) fail(l, "media");
}

/* With what is known now; a pause that runs is over. */
void cam_bridge_restart(struct cam_live *l) {
  l->backoff_ms = 0;
  if (l->process && !l->ending) {
    l->ending = true;
    fq_process_end(l->process, GRACE_MS);
  } else if (l->retry) {
    fq_after_cancel(l->retry);
    l->retry = fq_after_ms(l->self->kernel, 0, again, l);
  }
}

void cam_bridge_start(struct cam_live *l) {
  if (l->port) {
    start(l);
    return;
  }
  if (l->asked || l->retry) return;
  l->asked = true;
  l->asked_ms = fq_now_ms(l->self->kernel);
  if (!l->look) l->look = fq_after_ms(l->self->kernel, LOOK_MS, look, l);
  if (l->state != CAM_FAILED) cam_live_state(l, CAM_STARTING, "");
  cf_stream_open(l->self, l->id, "h264", ready);
}

void cam_bridge_stop(struct cam_live *l) {
  fq_after_cancel(l->retry);
  fq_after_cancel(l->look);
  l->retry = l->look = NULL;
  l->retry_at_ms = 0;
  if (l->process && !l->ending) {
    l->ending = true;
    fq_process_end(l->process, GRACE_MS);
  }
  if (l->port || l->asked) cf_stream_close(l->self, l->id);
  l->port = 0;
  l->asked = false;
  l->backoff_ms = 0;
}
