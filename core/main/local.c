/* Calling methods as `system` from the command line: see local.h. */
#include "main/local.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int fq_control_connect(const char *data_dir) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  if ((size_t)snprintf(at.sun_path, sizeof at.sun_path, "%s/control.sock", data_dir) >= sizeof at.sun_path)
    return -1;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

int fq_local_open(struct local *l, const struct common *c) {
  *l = (struct local){.fd = fq_control_connect(c->data)};
  l->server.lock_fd = -1;
  return l->fd >= 0 ? -1 : fq_boot(&l->server, c, 0);
}

int fq_local_open_any(struct local *l, const struct common *c) {
  char path[600];
  snprintf(path, sizeof path, "%s/county.db", c->data);
  if (access(path, F_OK) == 0) return fq_local_open(l, c);
  *l = (struct local){.fd = -1};
  return fq_boot(&l->server, c, BOOT_MEMORY);
}

static enum fq_status lost(struct fq_error *e) {
  return fq_fail(e, FQ_E_STORAGE, "control", "", "与服务器的连接中断:%s",
                 "lost the connection to the server: %s", strerror(errno));
}

static void error_from(const fq_json *v, struct fq_error *e) {
  const fq_json *data = fq_json_get(v, "data");
  const char *code = fq_json_str(data, "code"), *path = fq_json_str(data, "path"),
             *zh = fq_json_str(data, "message_zh"), *en = fq_json_str(data, "message_en");
  fq_fail(e, (enum fq_status)fq_json_int(v, "code", FQ_E_INTERNAL), code ? code : "", path ? path : "", "%s",
          "%s", "");
  fq_copy(e->zh, sizeof e->zh, zh);
  fq_copy(e->en, sizeof e->en, en);
}

static enum fq_status over_socket(struct local *l, const char *method, fq_json *params, fq_json **result,
                                  struct fq_error *e) {
  fq_json *call = fq_json_object();
  fq_json_set_str(call, "jsonrpc", "2.0");
  fq_json_set_int(call, "id", 1);
  fq_json_set_str(call, "method", method);
  fq_json_set(call, "params", params ? params : fq_json_object());
  char *text = fq_json_print(call), *end;
  fq_json_free(call);
  size_t len = strlen(text);
  text[len++] = '\n'; /* over the NUL: it goes out as a line */
  for (size_t at = 0; at < len;) {
    ssize_t n = write(l->fd, text + at, len - at);
    if (n < 0) {
      free(text);
      return lost(e);
    }
    at += (size_t)n;
  }
  free(text);
  l->in.len = 0;
  fq_buf_add(&l->in, "", 0);
  while (!(end = memchr(l->in.data, '\n', l->in.len))) {
    char chunk[65536];
    ssize_t n = read(l->fd, chunk, sizeof chunk);
    if (n <= 0) return lost(e);
    fq_buf_add(&l->in, chunk, (size_t)n);
  }
  fq_json *answer = fq_json_parse(l->in.data, (size_t)(end - l->in.data), e);
  if (!answer) return FQ_E_PARSE;
  const fq_json *error = fq_json_get(answer, "error");
  enum fq_status st = FQ_OK;
  if (error) {
    error_from(error, e);
    st = e->status;
  } else if (result)
    *result = fq_json_detach(answer, "result");
  fq_json_free(answer);
  return st;
}

enum fq_status fq_local_call(struct local *l, const char *method, fq_json *params, fq_json **result,
                             struct fq_error *e) {
  if (l->fd >= 0) return over_socket(l, method, params, result, e);
  return fq_kernel_call(l->server.kernel, NULL, method, params, result, e);
}

void fq_local_close(struct local *l) {
  if (l->fd >= 0)
    close(l->fd);
  else
    fq_boot_close(&l->server);
  fq_buf_free(&l->in);
}

fq_json *fq_local_ask(const struct common *c, bool anywhere, const char *method, fq_json *params, int *code,
                      struct fq_error *e) {
  struct local l;
  fq_json *result = NULL;
  *e = (struct fq_error){0};
  *code = anywhere ? fq_local_open_any(&l, c) : fq_local_open(&l, c);
  if (*code >= 0) {
    fq_json_free(params);
    return NULL;
  }
  fq_local_call(&l, method, params, &result, e);
  fq_local_close(&l);
  return result;
}

int fq_local_finish(const struct common *c, fq_json *result, const struct fq_error *e) {
  int code = result ? EXIT_DONE : EXIT_REFUSED;
  if (!result && c->json) {
    fq_json *v = fq_json_from_error(e);
    fq_print_json(v);
    fq_json_free(v);
  } else if (!result)
    fq_complain(e);
  else if (!c->quiet)
    fq_print_json(result);
  fq_json_free(result);
  return code;
}

int fq_local_once(const struct common *c, const char *method, fq_json *params) {
  struct fq_error e;
  int code;
  fq_json *result = fq_local_ask(c, false, method, params, &code, &e);
  return code >= 0 ? code : fq_local_finish(c, result, &e);
}
