/*
 * snapshot.c - one picture of a camera, for an incident's file. A helper process asks the camera for it, the
 * picture becomes a blob, and whoever asked has attached it - all of it outside ticks; what is journalled is
 * that it was taken, by whom, of what and why. cam.check asks an address once in the same way. Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "camera.h"

#define DEADLINE_MS INT64_C(15000)
#define ANSWER_MS   INT64_C(8000)
#define JOBS_MOST   16

struct cam_job {
  struct cam_job *next;
  struct cf_self *self;
  fq_process *process;
  fq_after *deadline;
  char ask[24], session[64], file[40], path[700], said[24], input_transport[8];
  bool probe, late;
  char *sealed; /* or `url`, of a probe */
  struct cam_stream stream;
  fq_json *params; /* of cam.snapped */
  char sha256[65];
  struct fq_error error;
};

static void job_free(struct cam_job *j) {
  struct cf_cameras *all = j->self->cameras;
  for (struct cam_job **at = &all->jobs; *at; at = &(*at)->next)
    if (*at == j) {
      *at = j->next;
      break;
    }
  if (j->sealed) memset(j->sealed, 0, strlen(j->sealed));
  free(j->sealed);
  fq_json_free(j->params);
  free(j);
}

void cam_jobs_free(struct cf_self *s) {
  while (s->cameras->jobs)
    job_free(s->cameras->jobs);
}

static void tell(struct cam_job *j, fq_json *data) {
  fq_json_set_str(data, "ask", j->ask);
  fq_tell(j->self->kernel, j->session, j->probe ? "camera_check" : "camera_snapshot", data);
}

static void tell_failed(struct cam_job *j, const char *why) {
  const char *zh, *en;
  fq_json *data = fq_json_object();
  cam_why_words(why, &zh, &en);
  fq_json_set_bool(data, "ok", false);
  fq_json_set_str(data, "why", why);
  fq_json_set_str(data, "why_zh", zh);
  fq_json_set_str(data, "why_en", en);
  tell(j, data);
  if (!j->probe) unlink(j->path);
  job_free(j);
}

/* ---- a picture that was taken ----------------------------------------------------------------------------
 */

static void recorded(fq_kernel *k, void *arg, const fq_json *result, const struct fq_error *error) {
  struct cam_job *j = arg;
  if (error) {
    fq_log(FQ_LOG_WARN, "camera snapshot: %s", error->en);
    tell_failed(j, "disk");
    return;
  }
  fq_json *data = fq_json_object();
  fq_json_set_bool(data, "ok", true);
  fq_json_set_str(data, "sha256", j->sha256);
  fq_json_set_bool(data, "attached", fq_json_bool(result, "attached", false));
  tell(j, data);
  job_free(j);
}

static void committed(fq_kernel *k, void *arg, const fq_json *result, const struct fq_error *error) {
  struct cam_job *j = arg;
  if (error) {
    recorded(k, j, NULL, error);
    return;
  }
  fq_json_set_str(j->params, "sha256", j->sha256);
  fq_json *params = j->params;
  j->params = NULL;
  fq_command(k, "cam.snapped", params, recorded, j);
}

static void adopt(void *arg) {
  struct cam_job *j = arg;
  int64_t size = 0;
  fq_blob_adopt(fq_data_dir(j->self->kernel), j->path, j->sha256, &size, &j->error);
}

static void adopted(fq_kernel *k, void *arg) {
  struct cam_job *j = arg;
  if (j->error.status) {
    fq_log(FQ_LOG_WARN, "camera snapshot: %s", j->error.en);
    tell_failed(j, *j->said ? j->said : "timeout");
    return;
  }
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "sha256", j->sha256);
  fq_command(k, "blob.commit", params, committed, j);
}

/* ---- the process ------------------------------------------------------------------------------------------
 */

static void line(fq_kernel *k, void *arg, bool error, const char *text) {
  struct cam_job *j = arg;
  const char *why = cam_reason_of(text);
  if (*why) cam_copy(j->said, sizeof j->said, why);
  if (!j->stream.codec[0]) cam_stream_of(text, &j->stream);
}

static void probed(struct cam_job *j) {
  fq_json *data = fq_json_object();
  bool shown = !strcmp(j->stream.codec, "h264");
  fq_json_set_bool(data, "ok", true);
  fq_json_set_str(data, "codec", j->stream.codec);
  fq_json_set_int(data, "width", j->stream.width);
  fq_json_set_int(data, "height", j->stream.height);
  if (j->stream.fps > 0) fq_json_set_num(data, "fps", j->stream.fps);
  fq_json_set_bool(data, "shown", shown);
  if (!shown) {
    const char *zh, *en;
    cam_why_words("codec", &zh, &en);
    fq_json_set_str(data, "why_zh", zh);
    fq_json_set_str(data, "why_en", en);
  }
  tell(j, data);
  job_free(j);
}

static void ended(fq_kernel *k, void *arg, int code, int signal) {
  struct cam_job *j = arg;
  j->process = NULL;
  if (!j->self->cameras->started) return; /* the server stops; cam_jobs_free() */
  fq_after_cancel(j->deadline);
  j->deadline = NULL;
  if (j->late || code || signal || (j->probe && !j->stream.codec[0]))
    tell_failed(j, j->late || !*j->said ? "timeout" : j->said);
  else if (j->probe)
    probed(j);
  else
    fq_work(k, adopt, adopted, j);
}

static void deadline(fq_kernel *k, void *arg) {
  struct cam_job *j = arg;
  j->deadline = NULL;
  j->late = true;
  fq_process_end(j->process, 1000);
}

static void start(fq_kernel *k, void *arg) {
  struct cam_job *j = arg;
  struct cf_self *self = j->self;
  struct fq_error e = {0};
  const char *argv[] = {self->ffmpeg,
                        "-hide_banner",
                        "-nostats",
                        "-loglevel",
                        "info",
                        "-f",
                        "concat",
                        "-safe",
                        "0",
                        "-protocol_whitelist",
                        "pipe,rtsp,rtp,udp,tcp",
                        "-i",
                        "pipe:0",
                        "-an",
                        "-frames:v",
                        "1",
                        "-q:v",
                        "3",
                        "-f",
                        j->probe ? "null" : "image2",
                        "-y",
                        j->probe ? "-" : j->file,
                        NULL};
  char *url = j->probe ? strdup(j->sealed) : fq_open_sealed(self->kernel, j->sealed);
  if (!self->cameras->started || !url) {
    free(url);
    tell_failed(j, "source");
    return;
  }
  char *input = cam_input(url, j->input_transport, ANSWER_MS);
  enum fq_status s = cam_ffmpeg_start(self, argv, input, line, ended, j, &j->process, &e);
  memset(url, 0, strlen(url));
  memset(input, 0, strlen(input));
  free(url);
  free(input);
  if (s != FQ_OK) {
    fq_log(FQ_LOG_ERROR, "camera snapshot: %s", e.en);
    tell_failed(j, "ffmpeg");
    return;
  }
  j->deadline = fq_after_ms(k, DEADLINE_MS, deadline, j);
}

static enum fq_status job_new(struct fq_call *c, bool probe, const char *transport, struct cam_job **out) {
  struct cf_self *self = c->self;
  size_t n = 0;
  for (const struct cam_job *j = self->cameras->jobs; j; j = j->next)
    n++;
  if (n >= JOBS_MOST) {
    fq_fail(c->error, FQ_E_OVERLOADED, "cam.busy", "", "正在取的画面太多,请稍后再试",
            "too many pictures are being taken: try again soon");
    c->error->retry_after_ms = 5000;
    return FQ_E_OVERLOADED;
  }
  struct cam_job *j = calloc(1, sizeof *j);
  if (!j) abort();
  j->self = self;
  j->probe = probe;
  j->next = self->cameras->jobs;
  self->cameras->jobs = j;
  fq_random_text(j->ask, 16);
  cam_copy(j->session, sizeof j->session, c->session);
  cam_copy(j->input_transport, sizeof j->input_transport, transport);
  snprintf(j->file, sizeof j->file, "%s.jpg", j->ask);
  snprintf(j->path, sizeof j->path, "%s/%s", self->cameras->dir, j->file);
  fq_json_set_str(c->result, "ask", j->ask);
  fq_post(self->kernel, start, j);
  *out = j;
  return FQ_OK;
}

/* ---- methods ----------------------------------------------------------------------------------------------
 */

static enum fq_status check_incident(struct fq_call *c, const char *incident) {
  char org[FQ_ID_MAX] = "";
  fq_stmt *q = *incident == 'i' ? fq_sql(c->db, "SELECT org FROM incident WHERE n = ?1", "i",
                                         strtoll(incident + 1, NULL, 10))
                                : NULL;
  if (!q || !fq_row(q))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "incident.unknown", "params.incident", "没有事件 %s",
                   "no incident %s", incident);
  cam_copy(org, sizeof org, fq_col_str(q, 0));
  fq_done(q);
  if (c->actor->system || fq_org_within(c->db, org, c->actor->org)) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "incident.foreign", "params.incident", "事件 %s 不在您的辖区内",
                 "%s is not within your unit", incident);
}

enum fq_status cam_snapshot_run(struct fq_call *c) {
  static const char *const members[] = {"id", "incident", "note", "reason"};
  const char *incident = fq_json_str(c->params, "incident");
  struct cam cam;
  struct cam_job *j;
  enum fq_status s = cam_need(c, &cam);
  if (s == FQ_OK) s = cam_check_right(c, &cam);
  if (s == FQ_OK && incident) s = check_incident(c, incident);
  if (s != FQ_OK) return s;
  char *sealed = cam_sealed(c->db, cam.n);
  if (!sealed)
    return fq_fail(c->error, FQ_E_CONFLICT, "cam.no_source", "params.id", "摄像头 %s 没有登记地址",
                   "no address is known of %s", cam.id);
  if ((s = job_new(c, false, cam.transport, &j)) != FQ_OK) {
    free(sealed);
    return s;
  }
  j->sealed = sealed;
  j->params = fq_json_object();
  for (size_t x = 0; x < sizeof members / sizeof *members; x++) {
    const char *v = fq_json_str(c->params, members[x]);
    if (v) fq_json_set_str(j->params, members[x], v);
  }
  fq_json_set_str(j->params, "ask", j->ask);
  fq_json_set_str(j->params, "user", c->actor->name);
  fq_json_set_str(c->result, "id", cam.id);
  return FQ_OK;
}

static enum fq_status attach(struct fq_call *c, const struct cam *cam, const char *incident) {
  char text[320];
  const char *note = fq_json_str(c->params, "note");
  fq_json *params = fq_json_object(), *files = fq_json_array();
  fq_json_push(files, fq_json_new_str(fq_json_str(c->params, "sha256")));
  fq_json_set_str(params, "id", incident);
  fq_json_set(params, "attachments", files);
  snprintf(text, sizeof text, "摄像头“%.120s”截图%s%.150s", cam->name, note && *note ? ":" : "",
           note ? note : "");
  fq_json_set_str(params, "note", text);
  return fq_call_method(c, "incident.attach", params, NULL);
}

/* Runs for the server, in the name of whoever asked. An incident that was closed meanwhile takes no file: the
 * picture is kept all the same. */
enum fq_status cam_snapped_run(struct fq_call *c) {
  const char *user = fq_json_str(c->params, "user"), *incident = fq_json_str(c->params, "incident"),
             *reason = fq_json_str(c->params, "reason");
  const struct fq_actor *system = c->actor, asked = {.name = user, .org = ""};
  struct cam cam;
  enum fq_status s = cam_need(c, &cam);
  if (s != FQ_OK) return s;
  c->actor = &asked;
  bool attached = incident && attach(c, &cam, incident) == FQ_OK;
  if (c->error) memset(c->error, 0, sizeof *c->error);
  fq_json *data = fq_json_object(), *files = fq_json_array();
  fq_json_push(files, fq_json_new_str(fq_json_str(c->params, "sha256")));
  fq_json_set(data, "attachments", files);
  fq_json_set_str(data, "ask", fq_json_str(c->params, "ask"));
  fq_json_set_str(data, "name", cam.name);
  if (incident) fq_json_set_str(data, "incident", incident);
  if (reason) fq_json_set_str(data, "reason", reason);
  fq_json_set_bool(data, "attached", attached);
  fq_json_set_bool(c->result, "attached", attached);
  s = cam_emit(c, &cam, "cam.snapped", user, data);
  c->actor = system;
  return s;
}

enum fq_status cam_check_run(struct fq_call *c) {
  const char *url = fq_json_str(c->params, "url"), *transport = fq_json_str(c->params, "transport");
  struct cam_job *j;
  enum fq_status s = cam_check_url(url, "params.url", c->error);
  if (s != FQ_OK) return s;
  if (!c->session || !*c->session)
    return fq_fail(c->error, FQ_E_REQUEST, "cam.no_session", "", "结果会推送到页面,须在线",
                   "the result is told to a page: this needs a live connection");
  if ((s = job_new(c, true, transport ? transport : "tcp", &j)) != FQ_OK) return s;
  if (!(j->sealed = strdup(url))) abort();
  return FQ_OK;
}
