/*
 * recording.h - what the files of this part share. A recording begins and ends as entries; the media server's
 * files become blobs, one a track, named by their SHA-256, and one playable file is made of them. Kernel
 * thread, but where a line says otherwise.
 */
#ifndef FQ_PLUGIN_CONFERENCE_RECORDING_H
#define FQ_PLUGIN_CONFERENCE_RECORDING_H

#include <pthread.h>

#include "conference.h"

enum { REC_TRACKS = 64, REC_TILES = 16 }; /* of one recording: files, people shown */

struct rec {
  int64_t n, from_ms, until_ms, stopping_ms;
  char id[FQ_ID_MAX], conf[FQ_ID_MAX], org[FQ_ID_MAX], operator[FQ_ID_MAX], state[16];
};
bool rec_load(fq_db *db, const char *id, struct rec *out);      /* any thread with a handle of its own */
bool rec_of_conf(fq_db *db, const char *conf, struct rec *out); /* the one that runs */
enum fq_status rec_need(struct fq_call *c, struct rec *out);
enum fq_status rec_emit(struct fq_call *c, const struct rec *r, const char *kind, fq_json *data);
void rec_copy(char *out, size_t cap, const char *s);
int64_t rec_n(const char *id);

struct rec_track {
  char user[FQ_ID_MAX], kind[8], codec[8], sha256[65];
  int64_t size, from_ms, until_ms;
};

/* ---- the header of a .mjr file (mjr.c); any thread -------------------------------------------------------
 */

bool rec_read_header(const char *path, struct rec_track *out);

/* ---- the playable file (convert.c, mix.c) ----------------------------------------------------------------
 */

/* How pictures stand in a frame of 1280 by 720: as many columns as rows, or one more. */
struct rec_grid {
  int columns, rows, width, height;
};
struct rec_grid rec_grid_of(int tiles);

struct rec_part { /* a track, made readable */
  struct rec_track track;
  char raw[32], plain[32], tile[32]; /* files in the working directory */
  bool broken;
  int cell;
};
/* The arguments for ffmpeg that put the parts together; free() the text. */
char *rec_mix_filter(const struct rec_part *parts, size_t count, int tiles, int64_t from_ms, int64_t span_ms);

struct cf_recordings {
  pthread_mutex_t lock; /* for what readers look at: the conversion and its progress */
  struct rec_job *job;  /* one at a time: the call that runs now needs the processor more */
  char converting[FQ_ID_MAX];
  int progress;
  struct rec_taking *taking; /* files on their way to become blobs */
  bool started;
  char dir[600], pp_rec[256];
};

void rec_convert_next(struct cf_self *s); /* the oldest that waits; outside a tick */
void rec_convert_free(struct cf_self *s);
int rec_progress(struct cf_self *s, const char *id); /* percent, -1 when it is not being made; any thread */

void rec_take_start(struct cf_self *s); /* files left behind by a life before */
void rec_take_stop(struct cf_self *s);
void rec_take_free(struct cf_self *s);
void rec_late(struct cf_self *s, const char *conf); /* asked to stop: what if nothing is ever told? */

/* clang-format off */
#define REC_COMMANDS(X) X(record) X(track) X(closed) X(begin) X(done) X(failed) X(verify) X(verified) X(remove) X(expire) X(retry) X(sweep)
/* clang-format on */
#define X(name) enum fq_status rec_##name##_run(struct fq_call *c);
REC_COMMANDS(X)
#undef X
enum fq_status rec_on_switched(struct fq_call *c, const struct fq_entry *e); /* whoever stopped it */
enum fq_status rec_on_ended(struct fq_call *c, const struct fq_entry *e);
enum fq_status rec_target(struct fq_call *c, struct fq_target *t);
enum fq_status rec_list_query(struct fq_query *q);
enum fq_status rec_apply_started(struct fq_apply *a, const struct fq_entry *e);
enum fq_status rec_apply_track(struct fq_apply *a, const struct fq_entry *e);
enum fq_status rec_apply_state(struct fq_apply *a, const struct fq_entry *e);
enum fq_status rec_apply_recorded(struct fq_apply *a, const struct fq_entry *e);
enum fq_status rec_apply_verified(struct fq_apply *a, const struct fq_entry *e);
enum fq_status rec_apply_removed(struct fq_apply *a, const struct fq_entry *e);

#endif
