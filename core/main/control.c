/*
 * The control socket: see control.h. Whoever can open it could as well open the database: file permissions
 * are the right. Kernel thread.
 */
#include "main/control.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "loop/loop.h"

#define LINE_MAX_BYTES (64u << 20) /* a pack with its files is one line */

struct control {
  fq_kernel *kernel;
  struct evconnlistener *listener;
  char path[600];
  struct client *clients;
};

struct client {
  struct client *next, **at;
  struct control *control;
  struct bufferevent *io;
  int pending;
  bool gone;
};

static void release(struct client *c) {
  if (!c->gone || c->pending) return;
  free(c);
}

static void hang_up(struct client *c) {
  if (c->gone) return;
  c->gone = true;
  *c->at = c->next;
  if (c->next) c->next->at = c->at;
  bufferevent_free(c->io);
  release(c);
}

static void send_line(struct client *c, const fq_json *v) {
  char *text = fq_json_print(v);
  bufferevent_write(c->io, text, strlen(text));
  bufferevent_write(c->io, "\n", 1);
  free(text);
}

static void answer(struct client *c, fq_json *result, const struct fq_error *error) {
  fq_json *out = fq_json_object();
  fq_json_set_str(out, "jsonrpc", "2.0");
  fq_json_set_int(out, "id", 1);
  if (error)
    fq_json_set(out, "error", fq_json_from_error(error));
  else
    fq_json_set(out, "result", result ? result : fq_json_object());
  send_line(c, out);
  fq_json_free(out);
}

static void reply(struct fq_request *r) {
  struct client *c = r->user;
  c->pending--;
  if (c->gone) {
    fq_json_free(r->result);
    release(c);
  } else
    answer(c, r->result, r->error.status ? &r->error : NULL);
  fq_json_free(r->params);
  free(r->result_text);
  free(r);
}

static void line(struct client *c, const char *text, size_t len) {
  struct fq_error e = {0};
  fq_json *call = fq_json_parse(text, len, &e);
  const char *method = fq_json_str(call, "method");
  if (!method) {
    if (!e.status) fq_fail(&e, FQ_E_REQUEST, "request", "method", "缺少 method", "method is missing");
    answer(c, NULL, &e);
  } else {
    struct fq_request *r = fq_alloc(sizeof *r);
    fq_copy(r->method, sizeof r->method, method);
    r->params = fq_json_detach(call, "params");
    r->user = c;
    r->reply = reply;
    c->pending++;
    fq_submit_system(c->control->kernel, r);
  }
  fq_json_free(call);
}

static void readable(struct bufferevent *io, void *arg) {
  struct client *c = arg;
  size_t len;
  char *text;
  while (!c->gone && (text = evbuffer_readln(bufferevent_get_input(io), &len, EVBUFFER_EOL_LF))) {
    line(c, text, len);
    free(text);
  }
  if (!c->gone && evbuffer_get_length(bufferevent_get_input(io)) > LINE_MAX_BYTES) hang_up(c);
}

static void happened(struct bufferevent *io, short what, void *arg) {
  if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) hang_up(arg);
}

static void accepted(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from, int len,
                     void *arg) {
  struct control *control = arg;
  struct client *c = fq_alloc(sizeof *c);
  *c = (struct client){.control = control, .next = control->clients, .at = &control->clients};
  if (c->next) c->next->at = &c->next;
  control->clients = c;
  c->io = bufferevent_socket_new(fq_loop_base(fq_kernel_loop(control->kernel)), fd, BEV_OPT_CLOSE_ON_FREE);
  bufferevent_setcb(c->io, readable, NULL, happened, c);
  bufferevent_enable(c->io, EV_READ | EV_WRITE);
}

struct control *fq_control_open(fq_kernel *k, const char *data_dir, struct fq_error *e) {
  struct control *c = fq_alloc(sizeof *c);
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  c->kernel = k;
  snprintf(c->path, sizeof c->path, "%s/control.sock", data_dir);
  if (strlen(c->path) >= sizeof at.sun_path) {
    fq_fail(e, FQ_E_STORAGE, "control.path", c->path, "数据目录的路径过长,无法建立控制套接字(最多 %zu 字节)",
            "the data directory's path is too long for a control socket (at most %zu bytes)",
            sizeof at.sun_path - 14);
    free(c);
    return NULL;
  }
  strcpy(at.sun_path, c->path);
  unlink(c->path); /* the data directory is locked: an old socket is nobody's */
  mode_t old = umask(0177);
  c->listener = evconnlistener_new_bind(fq_loop_base(fq_kernel_loop(k)), accepted, c,
                                        LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 16,
                                        (struct sockaddr *)&at, sizeof at);
  umask(old);
  if (c->listener) return c;
  fq_fail(e, FQ_E_STORAGE, "control.listen", c->path, "无法建立控制套接字:%s",
          "cannot open the control socket: %s", strerror(errno));
  free(c);
  return NULL;
}

void fq_control_close(struct control *c) {
  if (!c) return;
  evconnlistener_free(c->listener);
  while (c->clients)
    hang_up(c->clients);
  unlink(c->path);
  free(c);
}
