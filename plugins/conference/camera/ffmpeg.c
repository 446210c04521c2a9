/*
 * ffmpeg.c - how ffmpeg is asked for a camera's picture and what it says. The address with its password
 * reaches it as a list to play (concat) on its standard input: an argument or a variable would stand in /proc
 * for every process of this user, and a list of processes shows arguments to everybody. Its lines may hold
 * the address, so none of them is ever logged; what they mean is. Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camera.h"

char *cam_input(const char *url, const char *transport, int64_t timeout_ms) {
  char *text = NULL;
  if (asprintf(&text, "ffconcat version 1.0\nfile '%s'\noption rtsp_transport %s\noption timeout %lld\n", url,
               transport, (long long)timeout_ms * 1000) < 0)
    abort();
  return text;
}

const char *cam_reason_of(const char *line) {
  static const struct {
    const char *says, *why;
  } known[] = {{"401 Unauthorized", "login"},
               {"403 Forbidden", "login"},
               {"404 Not Found", "path"},
               {"400 Bad Request", "path"},
               {"5XX Server Error", "refused"},
               {"4XX Client Error", "refused"},
               {"Connection refused", "refused"},
               {"No route to host", "unreachable"},
               {"Network is unreachable", "unreachable"},
               {"Connection timed out", "timeout"},
               {"Immediate exit", ""},
               {"Failed to resolve hostname", "name"},
               {"Protocol not found", "path"},
               {"Invalid data found", "timeout"},
               {"does not contain any stream", "path"},
               {"No space left", "disk"}};
  for (size_t x = 0; x < sizeof known / sizeof *known; x++)
    if (strstr(line, known[x].says)) return known[x].why;
  return "";
}

/* "  Stream #0:0: Video: h264 (Constrained Baseline), yuv420p(progressive), 320x240 [SAR 1:1], 15 fps, ..."
 */
bool cam_stream_of(const char *line, struct cam_stream *out) {
  const char *at = strstr(line, "Stream #0:"), *video = at ? strstr(at, "Video: ") : NULL;
  if (!video) return false;
  memset(out, 0, sizeof *out);
  snprintf(out->codec, sizeof out->codec, "%.*s", (int)strcspn(video + 7, " ,"), video + 7);
  for (const char *p = video; (p = strstr(p, ", ")); p += 2) {
    int w, h;
    double fps;
    char unit[4] = "";
    if (!out->width && sscanf(p + 2, "%5dx%5d", &w, &h) == 2 && w > 0 && h > 0) {
      out->width = w;
      out->height = h;
    } else if (sscanf(p + 2, "%lf %3s", &fps, unit) == 2 && !strcmp(unit, "fps"))
      out->fps = fps;
  }
  return true;
}

enum fq_status cam_ffmpeg_start(struct cf_self *s, const char *const *argv, const char *input,
                                void (*line)(fq_kernel *k, void *arg, bool error, const char *text),
                                void (*ended)(fq_kernel *k, void *arg, int code, int signal), void *arg,
                                fq_process **out, struct fq_error *e) {
  const struct fq_process_spec spec = {.argv = argv,
                                       .dir = s->cameras->dir,
                                       .input = input,
                                       .unprivileged = true,
                                       .file_bytes = INT64_C(64) << 20,
                                       .nice = 2,
                                       .line = line,
                                       .ended = ended,
                                       .arg = arg};
  *out = fq_process_start(s->kernel, &spec, e);
  return *out ? FQ_OK : e && e->status ? e->status : FQ_E_INTERNAL;
}
