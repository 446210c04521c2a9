/*
 * plugin.c - the table of contents of the conference plugin: its options and parts. It knows incidents by
 * their id alone. Kernel thread.
 */
#include "conference.h"

#include "media/turn.h"

#define AT(member) FQ_OPTION_AT(struct cf_self, member)

/* clang-format off */
static const struct fq_option options[] = {
    {.name = "backend", .type = FQ_O_STRING, AT(backend), .fallback = "auto", .reloadable = true,
     .zh = "画面怎么走:auto 自动、mesh 直连、janus 媒体服务器", .en = "how faces travel: auto, mesh (from page to page) or janus (a media server)"},
    {.name = "ring", .type = FQ_O_DURATION, AT(ring_ms), .fallback = "30 s", .min = 5000, .max = 300000, .reloadable = true,
     .zh = "一次响铃多久", .en = "how long one ring lasts"},
    {.name = "seat", .type = FQ_O_DURATION, AT(seat_ms), .fallback = "60 s", .min = 5000, .max = 600000, .reloadable = true,
     .zh = "断线后座位留多久", .en = "how long the seat of a lost member is kept"},
    {.name = "mesh_most", .type = FQ_O_INT, AT(mesh_most), .fallback = "4", .min = 2, .max = 6, .reloadable = true,
     .zh = "直连最多几人", .en = "the most people in a call without a media server"},
    {.name = "keep_recordings", .type = FQ_O_DURATION, AT(keep_ms), .fallback = "180 d", .min = 86400000.0, .max = 315360000000.0, .reloadable = true,
     .zh = "录制保存多久", .en = "how long recordings are kept"},
    {.name = "janus", .type = FQ_O_STRING, AT(janus), .fallback = "/usr/bin/janus",
     .zh = "媒体服务器 Janus 的路径,留空不用", .en = "where Janus, the media server, is; empty: none"},
    {.name = "janus_plugins", .type = FQ_O_STRING, AT(janus_plugins), .fallback = "",
     .zh = "Janus 插件目录,留空自动找", .en = "the folder of Janus's plugins; empty: found by itself"},
    {.name = "janus_transports", .type = FQ_O_STRING, AT(janus_transports), .fallback = "",
     .zh = "Janus 传输模块目录,留空自动找", .en = "the folder of Janus's transports; empty: found by itself"},
    {.name = "ffmpeg", .type = FQ_O_STRING, AT(ffmpeg), .fallback = "/usr/bin/ffmpeg",
     .zh = "ffmpeg 的路径,摄像头和录制要用", .en = "where ffmpeg is, for cameras and recordings"},
    {.name = "media_ip", .type = FQ_O_STRING, AT(media_ip), .fallback = "",
     .zh = "媒体服务器给终端的地址,留空自动", .en = "the address at which terminals reach the media server; empty: found by itself"},
    {.name = "rtp_ports", .type = FQ_O_STRING, AT(rtp_ports), .fallback = "20000-40000",
     .zh = "媒体端口范围", .en = "ports of the media server, UDP"},
    {.name = "max_kbps", .type = FQ_O_INT, AT(max_kbps), .fallback = "1024", .min = 64, .max = 8192, .reloadable = true,
     .zh = "每路画面最高码率,千比特每秒", .en = "most of one picture, kilobits a second"},
    {.name = "stun_url", .type = FQ_O_STRING, AT(stun_url), .fallback = "", .reloadable = true,
     .zh = "STUN 服务器,如 stun:stun.example:3478", .en = "a STUN server: stun:HOST:PORT"},
    {.name = "turn_url", .type = FQ_O_STRING, AT(turn_url), .fallback = "", .reloadable = true,
     .zh = "TURN 服务器,如 turn:turn.example:3478", .en = "a TURN server: turn:HOST:PORT"},
    {.name = "turn_secret", .type = FQ_O_STRING, AT(turn_secret), .fallback = "", .reloadable = true, .secret = true,
     .zh = "TURN 的共享密钥(coturn 的 static-auth-secret)", .en = "the secret shared with the TURN server (coturn's static-auth-secret)"},
    {0},
};
/* clang-format on */

static enum fq_status init(void *arg, fq_kernel *k, struct fq_error *e) {
  (void)e;
  ((struct cf_self *)arg)->kernel = k;
  return FQ_OK;
}

static enum fq_status start(void *self, fq_kernel *k, struct fq_error *e) {
  const char *problem = cf_turn_problem(self);
  (void)k, (void)e;
  if (problem) fq_log(FQ_LOG_WARN, "%s", problem);
  return FQ_OK;
}

static const struct fq_plugin *const parts[] = {&cf_session_part,
                                                &cf_media_part,
                                                &cf_janus_part,
                                                &cf_camera_part,
                                                &cf_recording_part,
                                                &cf_guest_part,
                                                NULL};

FQ_PLUGIN = {
    FQ_PLUGIN_HEAD,
    .name = "conference",
    .version = CF_VERSION,
    .zh = "视频会商",
    .en = "conferences",
    .options = options,
    .self_bytes = sizeof(struct cf_self),
    .parts = parts,
    .metrics = cf_media_metrics,
    .init = init,
    .start = start,
};
