/*
 * conference.h - what the parts of the plugin share.
 *
 * Two halves meet here and nowhere else. What a conference IS - who was asked, who sits in it, who may speak
 * - is journalled and belongs to session/. How faces travel - legs, back ends, processes - is volatile and
 * belongs to media/ and janus/. Entries go one way (reactions, after the commit), internal commands the other
 * (fq_command), so a restart or a killed media server changes nothing of what was decided.
 *
 * Kernel thread throughout, unless a line says otherwise.
 */
#ifndef FQ_PLUGIN_CONFERENCE_H
#define FQ_PLUGIN_CONFERENCE_H

#include "fengqiao.h"

#define CF_VERSION "0.1.0"

struct cf_media;
struct cf_janus;
struct cf_cameras;
struct cf_recordings;

struct cf_self {
  fq_kernel *kernel;
  /* options; see plugin.c */
  char backend[16];                  /* auto, mesh, janus */
  int64_t ring_ms, seat_ms, keep_ms; /* a ring, an empty seat, a recording */
  int64_t mesh_most;                 /* people in a mesh */
  char janus[256], janus_plugins[256], janus_transports[256], media_ip[64], rtp_ports[32];
  int64_t max_kbps;
  char ffmpeg[256];
  char stun_url[256], turn_url[256], turn_secret[128];
  /* the parts' own */
  struct cf_media *media;
  struct cf_janus *janus_state;
  struct cf_cameras *cameras;
  struct cf_recordings *recordings;
};

/* ---- legs: one RTCPeerConnection of a page (media/leg.c) --------------------------------------------- */

enum cf_leg_kind { CF_LEG_PEER, CF_LEG_SEND, CF_LEG_RECV, CF_LEG_CAMERA };

struct cf_leg {
  char id[24];
  char conf[FQ_ID_MAX]; /* "" for a camera watched outside a conference */
  char user[FQ_ID_MAX]; /* whose page it is */
  char session[32];
  enum cf_leg_kind kind;
  char peer[FQ_ID_MAX]; /* CF_LEG_PEER: the other user; CF_LEG_CAMERA: the camera */
  const struct cf_backend *backend;
  void *backend_data; /* the backend's own; freed by its closed() */
};

/* What a backend tells the page through a leg. The leg lives until cf_leg_close(). `streams` is an array of
 * {mid, user?, camera?, kind, source}; taken, may be NULL. */
struct cf_leg *cf_leg_open(struct cf_self *s, const struct cf_backend *b, const char *conf, const char *user,
                           const char *session, enum cf_leg_kind kind, const char *peer, bool offerer,
                           bool polite);
struct cf_leg *cf_leg_find(struct cf_self *s, const char *id);
void cf_leg_offer(struct cf_self *s, struct cf_leg *l, const char *sdp, fq_json *streams);
void cf_leg_answer(struct cf_self *s, struct cf_leg *l, const char *sdp);
void cf_leg_candidate(struct cf_self *s, struct cf_leg *l, const fq_json *candidate); /* NULL: complete */
void cf_leg_restart(struct cf_self *s, struct cf_leg *l);
void cf_leg_up(struct cf_self *s, struct cf_leg *l);      /* media flows */
void cf_leg_stalled(struct cf_self *s, struct cf_leg *l); /* it stopped */
void cf_leg_close(struct cf_self *s, struct cf_leg *l, const char *reason);

/* ---- a way for faces to travel (media/mesh.c, janus/backend.c) ---------------------------------------- */

/* Calls are idempotent; a room is opened before anybody enters it. Answers come later through the legs. */
struct cf_backend {
  const char *name; /* "mesh", "janus" */
  /* Can it take calls now? If not, why: for people. */
  bool (*ready)(struct cf_self *s, char zh[200], char en[200]);
  void (*room_open)(struct cf_self *s, const char *conf);
  void (*room_close)(struct cf_self *s, const char *conf);
  void (*enter)(struct cf_self *s, const char *conf, const char *user, const char *session, bool hidden);
  void (*leave)(struct cf_self *s, const char *conf, const char *user); /* no frame reaches him afterwards */
  /* from the page, for one of this backend's legs */
  void (*offer)(struct cf_self *s, struct cf_leg *l, const char *sdp);
  void (*answer)(struct cf_self *s, struct cf_leg *l, const char *sdp);
  void (*candidate)(struct cf_self *s, struct cf_leg *l, const fq_json *candidate);
  void (*restart)(struct cf_self *s, struct cf_leg *l);
  void (*closed)(struct cf_self *s, struct cf_leg *l); /* frees backend_data */
  /* NULL: it cannot */
  void (*mute)(struct cf_self *s, const char *conf, const char *user, bool muted);
  void (*quality)(struct cf_self *s, const char *conf, const char *user, const char *quality);
  void (*record)(struct cf_self *s, const char *conf, bool on);
  /* Media flows through this leg now, as its page or the backend itself says. */
  void (*up)(struct cf_self *s, struct cf_leg *l);
};
extern const struct cf_backend cf_mesh, cf_janus_backend;

/* From a backend: it can take calls again, or no longer; media/ moves what is alive. */
void cf_backend_changed(struct cf_self *s, const struct cf_backend *b);
/* Somebody speaks, by the backend's measure. */
void cf_talking(struct cf_self *s, const char *conf, const char *user, bool talking);

/* ---- recordings and cameras over janus ---------------------------------------------------------------- */

/* A track's file is closed: janus/ tells recording/. Times from the file's header, milliseconds. */
void cf_recording_track(struct cf_self *s, const char *conf, const char *user, const char *kind,
                        const char *path);
/* All tracks of this conference's recording are closed, or it failed: `why` then, else NULL. */
void cf_recording_over(struct cf_self *s, const char *conf, const char *why_zh, const char *why_en);

/* A mountpoint that takes RTP of a camera: `ready` gets the port, 0 when there is none. */
void cf_stream_open(struct cf_self *s, const char *camera, const char *codec,
                    void (*ready)(struct cf_self *s, const char *camera, int port));
void cf_stream_close(struct cf_self *s, const char *camera);
/* A leg of kind CF_LEG_CAMERA that watches it; NULL when it cannot now. */
struct cf_leg *cf_stream_watch(struct cf_self *s, const char *camera, const char *conf, const char *user,
                               const char *session);

/* ---- guests ------------------------------------------------------------------------------------------- */

/* The sessions of this one end after the commit, so that he hears of it first. */
void cf_end_guest(struct fq_call *c, const char *user);

/* ---- lives of the parts ---------------------------------------------------------------------------------
 */
extern const struct fq_plugin cf_session_part, cf_media_part, cf_janus_part, cf_camera_part,
    cf_recording_part, cf_guest_part;
extern const struct fq_metric cf_media_metrics[]; /* metrics are the plugin's, not a part's */

#endif
