/*
 * convert.c - one playable file out of a recording's tracks. Each track is unpacked (janus-pp-rec) and every
 * picture brought to its tile's size, for calls change sizes all the time; then all are put together. What
 * came from other people's browsers is parsed by processes without privileges, on copies, in a directory of
 * its own. One recording at a time, at low priority; a restart begins the one under way anew. Kernel thread.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recording.h"

#define FILE_MOST (INT64_C(16) << 30)

struct rec_job {
  struct cf_self *self;
  char id[FQ_ID_MAX], dir[700], sha256[65], said[200];
  struct rec_part *parts;
  size_t count, at;
  int tiles, voices;
  int64_t from_ms, until_ms, size, done_ms; /* done: of the step that runs */
  enum { UNPACK, LEVEL, MIX } step;
  fq_process *process;
  struct fq_error error;
};

int rec_progress(struct cf_self *s, const char *id) {
  pthread_mutex_lock(&s->recordings->lock);
  int percent = strcmp(s->recordings->converting, id) ? -1 : s->recordings->progress;
  pthread_mutex_unlock(&s->recordings->lock);
  return percent;
}

/* Half of the way is the tracks, half is the whole. */
static void progress(struct rec_job *j, const char *id) {
  int64_t span_ms = j->until_ms - j->from_ms, most = span_ms > 0 ? span_ms : 1;
  int64_t part = j->done_ms > most ? 50 : 50 * j->done_ms / most;
  int percent = j->step == MIX ? 50 + (int)part : j->count ? (int)(50 * j->at / j->count) : 0;
  struct cf_recordings *all = j->self->recordings;
  pthread_mutex_lock(&all->lock);
  rec_copy(all->converting, sizeof all->converting, id);
  all->progress = percent > 99 ? 99 : percent;
  pthread_mutex_unlock(&all->lock);
}

/* ---- files, on a helper -----------------------------------------------------------------------------------
 */

static void empty_dir(const char *dir) {
  DIR *d = opendir(dir);
  for (struct dirent *e; d && (e = readdir(d));)
    if (e->d_name[0] != '.') unlinkat(dirfd(d), e->d_name, 0);
  if (d) closedir(d);
}

static bool copy_file(const char *from, const char *to) {
  int in = open(from, O_RDONLY | O_CLOEXEC),
      out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  ssize_t n = in >= 0 && out >= 0 ? 1 : -1;
  while (n > 0)
    n = copy_file_range(in, NULL, out, NULL, 1 << 24, 0);
  if (in >= 0) close(in);
  if (out >= 0 && close(out)) n = -1;
  return n == 0;
}

static void prepare(void *arg) {
  struct rec_job *j = arg;
  if (mkdir(j->dir, 0700) && errno != EEXIST) {
    fq_fail(&j->error, FQ_E_STORAGE, "recording.disk", "", "无法建立工作目录:%s",
            "cannot make the working directory: %s", strerror(errno));
    return;
  }
  empty_dir(j->dir);
  for (size_t x = 0; x < j->count; x++) {
    struct rec_part *p = j->parts + x;
    char from[900], to[800];
    snprintf(from, sizeof from, "%s/blobs/%.2s/%s", fq_data_dir(j->self->kernel), p->track.sha256,
             p->track.sha256);
    snprintf(to, sizeof to, "%s/%s", j->dir, p->raw);
    if (!copy_file(from, to)) {
      fq_fail(&j->error, FQ_E_STORAGE, "recording.disk", "", "无法复制录制文件:%s", "cannot copy a track: %s",
              strerror(errno));
      return;
    }
  }
}

static void adopt(void *arg) {
  struct rec_job *j = arg;
  char path[800];
  snprintf(path, sizeof path, "%s/out.mp4", j->dir);
  fq_blob_adopt(fq_data_dir(j->self->kernel), path, j->sha256, &j->size, &j->error);
  empty_dir(j->dir);
  rmdir(j->dir);
}

static void clean(void *arg) {
  struct rec_job *j = arg;
  empty_dir(j->dir);
  rmdir(j->dir);
}

/* ---- the end
 * ----------------------------------------------------------------------------------------------- */

static void job_free(struct rec_job *j) {
  progress(j, "");
  j->self->recordings->job = NULL;
  free(j->parts);
  free(j);
}

static void finished(fq_kernel *k, void *arg, const fq_json *result, const struct fq_error *error) {
  struct rec_job *j = arg;
  struct cf_self *s = j->self;
  if (error) fq_log(FQ_LOG_ERROR, "recording %s: %s", j->id, error->en);
  job_free(j);
  if (!error && s->recordings->started) rec_convert_next(s);
}

static void cleaned(fq_kernel *k, void *arg) {
  struct rec_job *j = arg;
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "id", j->id);
  fq_json_set_str(params, "why_zh", j->error.zh);
  fq_json_set_str(params, "why_en", j->error.en);
  fq_command(k, "recording.failed", params, finished, j);
}

static void failed(struct rec_job *j) {
  fq_log(FQ_LOG_WARN, "recording %s: not converted: %s", j->id, j->error.en);
  fq_work(j->self->kernel, clean, cleaned, j);
}

static void committed(fq_kernel *k, void *arg, const fq_json *result, const struct fq_error *error) {
  struct rec_job *j = arg;
  int64_t broken = 0;
  if (error) {
    j->error = *error;
    failed(j);
    return;
  }
  for (size_t x = 0; x < j->count; x++)
    broken += j->parts[x].broken;
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "id", j->id);
  fq_json_set_str(params, "sha256", j->sha256);
  fq_json_set_int(params, "size", j->size);
  fq_json_set_int(params, "broken", broken);
  fq_json_set_time(params, "from", j->from_ms);
  fq_json_set_time(params, "until", j->until_ms);
  fq_command(k, "recording.done", params, finished, j);
}

static void adopted(fq_kernel *k, void *arg) {
  struct rec_job *j = arg;
  if (j->error.status) {
    failed(j);
    return;
  }
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "sha256", j->sha256);
  fq_command(k, "blob.commit", params, committed, j);
}

/* ---- the steps
 * --------------------------------------------------------------------------------------------- */

static void step(struct rec_job *j);

static void line(fq_kernel *k, void *arg, bool error, const char *text) {
  struct rec_job *j = arg;
  if (!strncmp(text, "out_time_us=", 12)) {
    j->done_ms = strtoll(text + 12, NULL, 10) / 1000;
    progress(j, j->id);
  } else if (error)
    rec_copy(j->said, sizeof j->said, text);
}

static void ended(fq_kernel *k, void *arg, int code, int signal) {
  struct rec_job *j = arg;
  bool bad = code || signal;
  j->process = NULL;
  if (!j->self->recordings->started) return; /* the server stops: it begins anew when it is back */
  if (bad && j->step == MIX) {
    bool full = strstr(j->said, "No space left") != NULL;
    fq_fail(&j->error, FQ_E_STORAGE, full ? "recording.disk" : "recording.mix", "",
            full ? "磁盘已满,无法合成%.0s" : "合成失败:%s",
            full ? "the disk is full%.0s" : "putting it together failed: %s", j->said);
    failed(j);
    return;
  }
  if (j->step == MIX) {
    fq_work(k, adopt, adopted, j);
    return;
  }
  struct rec_part *p = j->parts + j->at;
  if (bad) {
    fq_log(FQ_LOG_WARN, "recording %s: a track of %s cannot be read: %s", j->id, p->track.user, j->said);
    p->broken = true;
  }
  if (j->step == UNPACK && !bad && !strcmp(p->track.kind, "video"))
    j->step = LEVEL;
  else {
    j->step = UNPACK;
    j->at++;
  }
  step(j);
}

static void run(struct rec_job *j, const char *const *argv) {
  const struct fq_process_spec spec = {.argv = argv,
                                       .dir = j->dir,
                                       .unprivileged = true,
                                       .file_bytes = FILE_MOST,
                                       .nice = 15,
                                       .line = line,
                                       .ended = ended,
                                       .arg = j};
  struct fq_error e = {0};
  j->said[0] = '\0';
  j->done_ms = 0;
  progress(j, j->id);
  if ((j->process = fq_process_start(j->self->kernel, &spec, &e))) return;
  if (!j->self->recordings->started) return;
  j->error = e;
  failed(j);
}

static void unpack(struct rec_job *j) {
  const struct rec_part *p = j->parts + j->at;
  const char *const argv[] = {j->self->recordings->pp_rec, "-d", "3", "-o", p->raw, p->plain, NULL};
  run(j, argv);
}

static void level(struct rec_job *j) {
  const struct rec_part *p = j->parts + j->at;
  struct rec_grid g = rec_grid_of(j->tiles);
  char filter[256];
  snprintf(filter, sizeof filter,
           "fps=15,scale=%d:%d:force_original_aspect_ratio=decrease:force_divisible_by=2,pad=%d:%d:(ow-iw)/"
           "2:(oh-ih)/2:color=0x10141a,setsar=1",
           g.width, g.height, g.width, g.height);
  const char *const argv[] = {j->self->ffmpeg,
                              "-hide_banner",
                              "-nostdin",
                              "-nostats",
                              "-loglevel",
                              "error",
                              "-i",
                              p->plain,
                              "-an",
                              "-vf",
                              filter,
                              "-c:v",
                              "libx264",
                              "-preset",
                              "ultrafast",
                              "-crf",
                              "20",
                              "-pix_fmt",
                              "yuv420p",
                              "-y",
                              p->tile,
                              NULL};
  run(j, argv);
}

static void mix(struct rec_job *j) {
  const char *argv[2 * REC_TRACKS + 48];
  char span[32];
  size_t n = 0;
  int64_t span_ms = j->until_ms - j->from_ms;
  snprintf(span, sizeof span, "%.3f", (double)(span_ms < 100 ? 100 : span_ms) / 1000);
  static const char *const before[] = {"-hide_banner", "-nostdin",  "-nostats", "-loglevel",
                                       "error",        "-progress", "pipe:1"};
  argv[n++] = j->self->ffmpeg;
  for (size_t x = 0; x < sizeof before / sizeof *before; x++)
    argv[n++] = before[x];
  for (size_t x = 0; x < j->count; x++) {
    if (j->parts[x].broken) continue;
    argv[n++] = "-i";
    argv[n++] = *j->parts[x].tile ? j->parts[x].tile : j->parts[x].plain;
  }
  char *filter = rec_mix_filter(j->parts, j->count, j->tiles, j->from_ms, span_ms);
  argv[n++] = "-filter_complex";
  argv[n++] = filter;
  if (j->tiles) {
    static const char *const video[] = {"-map",    "[v]",      "-c:v", "libx264",
                                        "-preset", "veryfast", "-crf", "26"};
    for (size_t x = 0; x < sizeof video / sizeof *video; x++)
      argv[n++] = video[x];
  }
  if (j->voices) {
    static const char *const audio[] = {"-map", "[a]", "-c:a", "aac", "-b:a", "96k"};
    for (size_t x = 0; x < sizeof audio / sizeof *audio; x++)
      argv[n++] = audio[x];
  }
  static const char *const after[] = {"-movflags", "+faststart", "-y", "out.mp4"};
  argv[n++] = "-t";
  argv[n++] = span;
  for (size_t x = 0; x < sizeof after / sizeof *after; x++)
    argv[n++] = after[x];
  argv[n] = NULL;
  run(j, argv);
  free(filter);
}

/* A track that cannot be read may have been somebody's only one: his tile goes with it. */
static void count_whole(struct rec_job *j) {
  j->voices = 0;
  bool any = false;
  for (size_t x = 0; x < j->count; x++) {
    const struct rec_part *p = j->parts + x;
    if (p->broken) continue;
    any = true;
    if (!strcmp(p->track.kind, "audio")) j->voices++;
  }
  bool pictures = false;
  for (size_t x = 0; x < j->count; x++)
    pictures = pictures || (!j->parts[x].broken && *j->parts[x].tile);
  if (!pictures) j->tiles = 0;
  if (!any)
    fq_fail(&j->error, FQ_E_NOT_FOUND, "recording.empty", "", "没有录到可用的声音和画面",
            "neither sound nor picture was recorded");
}

static void step(struct rec_job *j) {
  if (j->at < j->count) {
    if (j->step == LEVEL)
      level(j);
    else
      unpack(j);
    return;
  }
  count_whole(j);
  j->step = MIX;
  if (j->error.status)
    failed(j);
  else
    mix(j);
}

static void prepared(fq_kernel *k, void *arg) {
  struct rec_job *j = arg;
  if (j->error.status)
    failed(j);
  else
    step(j);
}

/* ---- the beginning
 * ----------------------------------------------------------------------------------------- */

/* Who sends pictures has one tile, in the order in which they came; the sixteenth is shared by who is left.
 */
static void tiles_of(struct rec_job *j) {
  for (size_t x = 0; x < j->count; x++) {
    struct rec_part *p = j->parts + x;
    bool audio = !strcmp(p->track.kind, "audio");
    if (x == 0 || p->track.from_ms < j->from_ms) j->from_ms = p->track.from_ms;
    if (p->track.until_ms > j->until_ms) j->until_ms = p->track.until_ms;
    snprintf(p->raw, sizeof p->raw, "t%zu.mjr", x);
    snprintf(p->plain, sizeof p->plain, "t%zu.%s", x,
             audio                             ? "opus"
             : !strcmp(p->track.codec, "av1")  ? "mp4"
             : !strcmp(p->track.codec, "h264") ? "mkv"
                                               : "webm");
    if (audio) continue;
    snprintf(p->tile, sizeof p->tile, "p%zu.mkv", x);
    p->cell = -1;
    for (size_t y = 0; y < x; y++)
      if (!strcmp(j->parts[y].track.kind, "video") && !strcmp(j->parts[y].track.user, p->track.user))
        p->cell = j->parts[y].cell;
    if (p->cell < 0) p->cell = j->tiles < REC_TILES ? j->tiles++ : REC_TILES - 1;
  }
}

/* recording.begin found one that waits: {id, tracks: [{user, kind, codec, sha256, from, until}]}. */
static void found(fq_kernel *k, void *arg, const fq_json *result, const struct fq_error *error) {
  struct cf_self *s = arg;
  struct rec_job *j = s->recordings->job;
  const char *id = error ? NULL : fq_json_str(result, "id");
  const fq_json *tracks = error ? NULL : fq_json_get(result, "tracks");
  if (!id) {
    if (error) fq_log(FQ_LOG_ERROR, "recording: %s", error->en);
    job_free(j);
    return;
  }
  rec_copy(j->id, sizeof j->id, id);
  snprintf(j->dir, sizeof j->dir, "%s/work-%s", s->recordings->dir, id);
  if (!(j->parts = calloc(fq_json_size(tracks) + 1, sizeof *j->parts))) abort();
  fq_json_each(t, tracks) {
    struct rec_track *track = &j->parts[j->count++].track;
    rec_copy(track->user, sizeof track->user, fq_json_str(t, "user"));
    rec_copy(track->kind, sizeof track->kind, fq_json_str(t, "kind"));
    rec_copy(track->codec, sizeof track->codec, fq_json_str(t, "codec"));
    rec_copy(track->sha256, sizeof track->sha256, fq_json_str(t, "sha256"));
    track->from_ms = fq_time_parse(fq_json_str(t, "from"));
    track->until_ms = fq_time_parse(fq_json_str(t, "until"));
  }
  tiles_of(j);
  progress(j, j->id);
  fq_work(k, prepare, prepared, j);
}

void rec_convert_next(struct cf_self *s) {
  if (s->recordings->job || !s->recordings->started) return;
  struct rec_job *j = calloc(1, sizeof *j);
  if (!j) abort();
  j->self = s;
  s->recordings->job = j;
  fq_command(s->kernel, "recording.begin", fq_json_object(), found, s);
}

void rec_convert_free(struct cf_self *s) {
  if (s->recordings->job) job_free(s->recordings->job);
}
