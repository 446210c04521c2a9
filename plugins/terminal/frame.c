/*
 * JSON-RPC as text: reading a message, writing its answer, the head of a WebSocket frame.
 * Knows no socket and no connection. I/O threads.
 */
#include "terminal.h"

#include <math.h>
#include <stdio.h>

/* The characters of a top-level "id" that is a number, so that it goes back as it came: a double would
 * turn 1.0 into 1 and lose digits above 2^53. The text has been parsed already, so it is well formed. */
static size_t number_as_sent(const char *text, size_t len, char out[ID_CAP]) {
  int depth = 0;
  for (size_t i = 0; i < len; i++) {
    char c = text[i];
    if (c == '{' || c == '[') {
      depth++;
    } else if (c == '}' || c == ']') {
      depth--;
    } else if (c == '"') {
      size_t start = ++i;
      while (i < len && text[i] != '"')
        i += text[i] == '\\' ? 2 : 1;
      if (depth != 1 || i - start != 2 || memcmp(text + start, "id", 2) != 0) continue;
      size_t at = i + 1 + strspn(text + i + 1, " \t\r\n");
      if (text[at] != ':') continue;
      at += 1 + strspn(text + at + 1, " \t\r\n");
      size_t n = strspn(text + at, "+-.0123456789eE");
      if (n == 0 || n >= ID_CAP) return 0;
      memcpy(out, text + at, n);
      out[n] = 0;
      return n;
    }
  }
  return 0;
}

static enum fq_status read_id(const fq_json *id, const char *text, size_t len, struct message *m,
                              struct fq_error *e) {
  strcpy(m->id, "null");
  m->has_id = id != NULL;
  if (!id || fq_json_type(id) == FQ_JSON_NULL) return FQ_OK;
  if (fq_json_type(id) == FQ_JSON_NUMBER && text && number_as_sent(text, len, m->id)) return FQ_OK;
  if (fq_json_type(id) == FQ_JSON_STRING || fq_json_type(id) == FQ_JSON_NUMBER) {
    char *printed = fq_json_print(id);
    bool fits = printed && strlen(printed) < ID_CAP;
    strcpy(m->id, fits ? printed : "null");
    free(printed);
    if (fits) return FQ_OK;
  }
  return fq_fail(e, FQ_E_REQUEST, "request.id", "id", "id 应为字符串（不超过 %d 字节）、数字或 null",
                 "id should be a string of at most %d bytes, a number or null", ID_CAP - 3);
}

enum fq_status message_from(fq_json *root, const char *text, size_t len, struct message *m,
                            struct fq_error *e) {
  m->root = root;
  strcpy(m->id, "null");
  if (fq_json_type(root) != FQ_JSON_OBJECT)
    return fq_fail(e, FQ_E_REQUEST, "request.shape", "", "应为一个 JSON-RPC 请求对象",
                   "expected one JSON-RPC request object");
  enum fq_status s = read_id(fq_json_get(root, "id"), text, len, m, e);
  if (s) return s;
  const char *version = fq_json_str(root, "jsonrpc");
  if (!version || strcmp(version, "2.0") != 0)
    return fq_fail(e, FQ_E_REQUEST, "request.version", "jsonrpc", "jsonrpc 应为 \"2.0\"",
                   "jsonrpc should be \"2.0\"");
  m->method = fq_json_str(root, "method");
  if (!m->method || !m->method[0] || strlen(m->method) >= FQ_ID_MAX)
    return fq_fail(e, FQ_E_REQUEST, "request.method", "method", "method 应为 1 到 %d 个字符的字符串",
                   "method should be a string of 1 to %d characters", FQ_ID_MAX - 1);
  m->params = fq_json_get(root, "params");
  fq_json_each(member, root) {
    const char *name = fq_json_name(member);
    if (strcmp(name, "jsonrpc") && strcmp(name, "id") && strcmp(name, "method") && strcmp(name, "params"))
      return fq_fail(e, FQ_E_REQUEST, "request.member", name, "不认识的成员 %s", "unknown member %s", name);
  }
  if (m->params && fq_json_type(m->params) != FQ_JSON_OBJECT)
    return fq_fail(e, FQ_E_PARAMS, "params.type", "params", "params 应为对象", "params should be an object");
  return FQ_OK;
}

/* Whatever comes back, m->root is the caller's to free and m->id is set. */
enum fq_status message_read(const char *text, size_t len, struct message *m, struct fq_error *e) {
  memset(m, 0, sizeof *m);
  strcpy(m->id, "null");
  fq_json *root = fq_json_parse(text, len, e);
  if (!root) return e->status = FQ_E_PARSE;
  return message_from(root, text, len, m, e);
}

static char *reply_text(const char *id, const char *name, const char *value) {
  size_t cap = strlen(id) + strlen(name) + strlen(value) + 40;
  char *out = grab(cap);
  snprintf(out, cap, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"%s\":%s}", id, name, value);
  return out;
}

char *error_text(const char *id, const struct fq_error *e) {
  fq_json *body = fq_json_from_error(e);
  char *text = fq_json_print(body), *out = reply_text(id, "error", text);
  free(text);
  fq_json_free(body);
  return out;
}

char *result_text(const char *id, const char *result) {
  return reply_text(id, "result", result);
}

char *call_text(const struct call *c) {
  if (c->req.error.status) return error_text(c->id, &c->req.error);
  if (c->req.result_text) return result_text(c->id, c->req.result_text);
  char *text = c->req.result ? fq_json_print(c->req.result) : NULL;
  char *out = result_text(c->id, text ? text : "{}");
  free(text);
  return out;
}

struct call *call_new(struct io *io, const struct message *m, const char *token, const char *remote) {
  struct call *c = grab(sizeof *c);
  c->in.type = IN_CALL;
  c->io = io;
  c->silent = !m->has_id;
  strcpy(c->id, m->id);
  snprintf(c->req.method, sizeof c->req.method, "%s", m->method);
  c->req.params = m->params ? fq_json_dup(m->params) : fq_json_object();
  snprintf(c->req.token, sizeof c->req.token, "%s", token);
  snprintf(c->req.remote, sizeof c->req.remote, "%s", remote);
  c->req.user = c;
  return c;
}

size_t frame_head(unsigned char out[10], size_t len) {
  out[0] = 0x81; /* final, text */
  if (len < 126) {
    out[1] = (unsigned char)len;
    return 2;
  }
  if (len < 65536) {
    out[1] = 126;
    out[2] = (unsigned char)(len >> 8);
    out[3] = (unsigned char)len;
    return 4;
  }
  out[1] = 127;
  for (int i = 0; i < 8; i++)
    out[2 + i] = (unsigned char)((uint64_t)len >> (56 - 8 * i));
  return 10;
}
