/*
 * Attachments by their SHA-256: uploads that go on where they broke off, downloads for those who may see the
 * subject. The file moves into place in the kernel's blob.commit, which checks the hash; here it is only
 * gathered. The connection's I/O thread; rights are asked on the kernel thread.
 *
 *   PUT Content-Range: bytes 0-65535/200000  -> 308, Range: bytes=0-65535 | 201 when whole
 *   PUT Content-Range: bytes * /200000       -> 308 with what is here, nothing sent
 */
#include "terminal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SHA_LEN = 64, BODY_PATIENCE_S = 30, ABANDONED_S = 7 * 86400 };

struct upload {
  char sha256[SHA_LEN + 1], part[600];
  int fd;
  int64_t start, end, total; /* of this request: [start, end) of total */
  int64_t at;
  bool present;
};

static const char json_type[] = "application/json; charset=utf-8";

static bool is_sha256(const char *s) {
  return strlen(s) == SHA_LEN && strspn(s, "0123456789abcdef") == SHA_LEN;
}

static void blob_path(const struct http *h, const char *sha256, char *out, size_t cap) {
  snprintf(out, cap, "%s/blobs/%.2s/%s", h->io->term->data_dir, sha256, sha256);
}

static bool admit(struct http *h, const char *sha256) {
  if (!is_sha256(sha256)) {
    http_error(h, 400, FQ_E_PARAMS, "blob.name", "附件名应为 64 位小写十六进制 SHA-256",
               "a blob is named by 64 lower-case hexadecimal digits of its SHA-256");
  } else if (!h->token[0]) {
    http_error(h, 401, FQ_E_SIGNED_OUT, "session.signed_out", "请先登录", "sign in first");
  } else {
    return true;
  }
  return false;
}

/* ---- upload --------------------------------------------------------------------------------- */

void blob_forget(struct http *h) {
  if (h->upload->fd >= 0) close(h->upload->fd);
  free(h->upload);
  h->upload = NULL;
}

static bool read_range(struct http *h, struct upload *u) {
  char text[96], tail;
  long long from, to, total;
  u->start = 0;
  u->end = u->total = h->content_length;
  if (!lws_hdr_total_length(h->wsi, WSI_TOKEN_HTTP_CONTENT_RANGE)) return h->content_length >= 0;
  if (!http_header(h->wsi, WSI_TOKEN_HTTP_CONTENT_RANGE, text, sizeof text)) return false;
  if (sscanf(text, "bytes */%lld%c", &total, &tail) == 1 && total >= 0 && h->content_length <= 0) {
    u->end = 0;
    u->total = total;
    return true;
  }
  if (sscanf(text, "bytes %lld-%lld/%lld%c", &from, &to, &total, &tail) != 3) return false;
  if (from < 0 || to < from || to >= total || to - from + 1 != h->content_length) return false;
  u->start = from;
  u->end = to + 1;
  u->total = total;
  return true;
}

static void progress(struct http *h, int64_t have) {
  char headers[128];
  int n = snprintf(headers, sizeof headers, "Cache-Control: no-store\r\n");
  if (have > 0)
    snprintf(headers + n, sizeof headers - (size_t)n, "Range: bytes=0-%lld\r\n", (long long)have - 1);
  http_answer(h, 308, "", headers, NULL, 0);
}

static void whole(struct http *h, int status, const char *sha256, int64_t size) {
  char *text = grab(160);
  int n = snprintf(text, 160, "{\"sha256\":\"%s\",\"size\":%lld}", sha256, (long long)size);
  http_answer(h, status, json_type, "Cache-Control: no-store\r\n", text, (size_t)n);
}

static void storage_error(struct http *h) {
  fq_log(FQ_LOG_ERROR, "terminal: %s: %s", h->upload->part, strerror(errno));
  http_error(h, 503, FQ_E_STORAGE, "storage", "存储不可用", "storage is unavailable");
}

static void commit(struct http *h) {
  struct upload *u = h->upload;
  struct message m = {.method = "blob.commit", .has_id = true, .id = "null"};
  struct call *c = call_new(h->io, &m, h->token, h->remote);
  fq_json_set_str(c->req.params, "sha256", u->sha256);
  http_send(h, c);
}

/* The request's body is here. */
static void received(struct http *h) {
  struct upload *u = h->upload;
  struct stat st;
  if (fstat(u->fd, &st) != 0)
    storage_error(h);
  else if (st.st_size == u->total)
    commit(h);
  else
    progress(h, st.st_size);
}

int blob_body(struct http *h, const char *in, size_t len) {
  struct upload *u = h->upload;
  if (h->answered) return 0;
  while (len) {
    ssize_t n = pwrite(u->fd, in, len, u->at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      storage_error(h);
      return 0;
    }
    u->at += n;
    in += n;
    len -= (size_t)n;
  }
  return 0;
}

void blob_reply(struct call *c) {
  struct http *h = c->http;
  struct upload *u = h->upload;
  if (c->req.error.status) {
    if (h->wsi) http_fail(h, &c->req.error);
  } else if (h->wsi) {
    whole(h, u->present ? 200 : 201, u->sha256, u->total);
  }
  http_done(h);
}

static void admitted(struct job *j) {
  struct http *h = j->http;
  struct upload *u = h->upload;
  struct stat st;
  char path[600];
  if (!j->known) {
    http_error(h, 401, FQ_E_SIGNED_OUT, "session.signed_out", "登录已失效", "not signed in");
    return;
  }
  blob_path(h, u->sha256, path, sizeof path);
  if (stat(path, &st) == 0) { /* here already: the kernel says whether it knows of it too */
    u->total = st.st_size;
    u->present = true;
    commit(h);
    return;
  }
  const char *dir = h->io->term->data_dir;
  snprintf(path, sizeof path, "%s/blobs", dir);
  mkdir(path, 0700);
  snprintf(path, sizeof path, "%s/blobs/tmp", dir);
  mkdir(path, 0700);
  snprintf(u->part, sizeof u->part, "%s/blobs/tmp/%s.part", dir, u->sha256);
  u->fd = open(u->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (u->fd < 0) {
    storage_error(h);
    return;
  }
  if (flock(u->fd, LOCK_EX | LOCK_NB) != 0) {
    http_error(h, 409, FQ_E_CONFLICT, "blob.busy", "同一附件正在上传", "this blob is being uploaded already");
    return;
  }
  if (fstat(u->fd, &st) != 0) {
    storage_error(h);
    return;
  }
  if (st.st_size > u->total) { /* left by somebody who announced another size */
    if (ftruncate(u->fd, 0) != 0) {
      storage_error(h);
      return;
    }
    st.st_size = 0;
  }
  if (u->end == u->start && u->total > 0 && st.st_size < u->total) {
    progress(h, st.st_size); /* only asking how far it got */
    return;
  }
  if (u->start > st.st_size) {
    progress(h, st.st_size); /* a gap: the client goes back to what is here */
    return;
  }
  u->at = u->start;
  char *early = h->body;
  size_t len = h->body_len;
  h->body = NULL;
  h->body_len = h->body_cap = 0;
  http_hold(h, false);
  if (len) blob_body(h, early, len);
  free(early);
  if (h->answered) return;
  if (h->complete)
    received(h);
  else
    lws_set_timeout(h->wsi, PENDING_TIMEOUT_HTTP_CONTENT, BODY_PATIENCE_S);
}

static void ask_may_write(struct job *j, fq_kernel *k) {
  j->known = fq_blob_may_write(k, j->token, j->arg, j->number);
}

void blob_put(struct http *h, const char *sha256) {
  if (!admit(h, sha256)) return;
  struct upload *u = grab(sizeof *u);
  u->fd = -1;
  strcpy(u->sha256, sha256);
  h->upload = u;
  if (!read_range(h, u)) {
    http_error(h, 400, FQ_E_PARAMS, "blob.range",
               "Content-Range 应为 bytes 起-止/总长，并与 Content-Length 相符",
               "Content-Range should be bytes FROM-TO/TOTAL and agree with Content-Length");
    return;
  }
  if (u->total > h->io->term->max_blob) {
    http_error(h, 413, FQ_E_TOO_LARGE, "blob.too_large", "附件过大", "the blob is too large");
    return;
  }
  h->on_body = received;
  if (h->content_length <= 0) h->complete = true;
  struct job *j = job_new(h, ask_may_write, admitted);
  snprintf(j->arg, sizeof j->arg, "%s", sha256);
  j->number = u->total;
  http_ask(h, j);
}

/* Uploads that nobody went on with: a phone that comes back after days starts anew. */
void blobs_tidy(struct term *t) {
  char path[600];
  snprintf(path, sizeof path, "%s/blobs/tmp", t->data_dir);
  DIR *dir = opendir(path);
  if (!dir) return;
  time_t old = time(NULL) - ABANDONED_S;
  for (struct dirent *d; (d = readdir(dir));) {
    struct stat st;
    if (fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
        st.st_mtime < old)
      unlinkat(dirfd(dir), d->d_name, 0);
  }
  closedir(dir);
}

/* ---- download ------------------------------------------------------------------------------- */

/* By what is in it, never by what somebody called it. Only these are shown in place. */
static const char *sniff(int fd) {
  unsigned char b[16] = {0};
  if (pread(fd, b, sizeof b, 0) < 4) return "application/octet-stream";
  if (!memcmp(b, "\xff\xd8\xff", 3)) return "image/jpeg";
  if (!memcmp(b, "\x89PNG\r\n\x1a\n", 8)) return "image/png";
  if (!memcmp(b, "GIF8", 4)) return "image/gif";
  if (!memcmp(b, "RIFF", 4) && !memcmp(b + 8, "WEBP", 4)) return "image/webp";
  if (!memcmp(b, "RIFF", 4) && !memcmp(b + 8, "WAVE", 4)) return "audio/wav";
  if (!memcmp(b + 4, "ftyp", 4)) return !memcmp(b + 8, "M4A", 3) ? "audio/mp4" : "video/mp4";
  if (!memcmp(b, "\x1a\x45\xdf\xa3", 4)) return "video/webm";
  if (!memcmp(b, "OggS", 4)) return "audio/ogg";
  if (!memcmp(b, "ID3", 3) || (b[0] == 0xff && (b[1] & 0xe6) == 0xe2)) return "audio/mpeg";
  if (!memcmp(b, "#!AMR", 5)) return "audio/amr";
  if (!memcmp(b, "%PDF-", 5)) return "application/pdf";
  return "application/octet-stream";
}

static bool shown(const char *type) {
  return strncmp(type, "image/", 6) == 0 || strncmp(type, "audio/", 6) == 0 ||
         strncmp(type, "video/", 6) == 0;
}

/* One range, as players ask for it. 0: the whole; -1: cannot be satisfied. */
static int read_wanted(struct http *h, int64_t size, int64_t *from, int64_t *len) {
  char text[64], tail;
  long long a, b;
  *from = 0;
  *len = size;
  if (!http_header(h->wsi, WSI_TOKEN_HTTP_RANGE, text, sizeof text)) return 0;
  if (sscanf(text, "bytes=%lld-%lld%c", &a, &b, &tail) == 2 && a >= 0 && b >= a) {
    if (b >= size) b = size - 1;
  } else if (sscanf(text, "bytes=-%lld%c", &b, &tail) == 1 && b > 0) {
    a = b < size ? size - b : 0;
    b = size - 1;
  } else if (sscanf(text, "bytes=%lld-%c", &a, &tail) == 1 && a >= 0) {
    b = size - 1;
  } else {
    return 0;
  }
  if (a >= size) return -1;
  *from = a;
  *len = b - a + 1;
  return 1;
}

static void may_read(struct job *j) {
  struct http *h = j->http;
  struct stat st;
  char path[600], headers[400], range[96] = "";
  int64_t from, len;
  if (!j->known) {
    http_error(h, 401, FQ_E_SIGNED_OUT, "session.signed_out", "登录已失效", "not signed in");
    return;
  }
  blob_path(h, j->arg, path, sizeof path);
  int fd = j->flag ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
  if (fd < 0 || fstat(fd, &st) != 0 ||
      !S_ISREG(st.st_mode)) { /* the same whether it is absent or not for you */
    if (fd >= 0) close(fd);
    http_error(h, 404, FQ_E_NOT_FOUND, "blob.unknown", "没有这个附件", "no such blob");
    return;
  }
  int ranged = read_wanted(h, st.st_size, &from, &len);
  if (ranged < 0) {
    close(fd);
    snprintf(headers, sizeof headers, "Cache-Control: no-store\r\nContent-Range: bytes */%lld\r\n",
             (long long)st.st_size);
    http_answer(h, 416, "", headers, NULL, 0);
    return;
  }
  const char *type = sniff(fd);
  if (ranged)
    snprintf(range, sizeof range, "Content-Range: bytes %lld-%lld/%lld\r\n", (long long)from,
             (long long)(from + len - 1), (long long)st.st_size);
  snprintf(headers, sizeof headers,
           "Cache-Control: private, max-age=86400, immutable\r\nETag: \"%s\"\r\nAccept-Ranges: bytes\r\n%s"
           "Content-Disposition: %s; filename=\"%.16s\"\r\n",
           j->arg, range, shown(type) ? "inline" : "attachment", j->arg);
  http_answer_file(h, ranged ? 206 : 200, type, headers, fd, from, len);
}

static void ask_may_read(struct job *j, fq_kernel *k) {
  struct fq_actor actor = {0};
  j->known = fq_token_actor(k, j->token, &actor);
  j->flag = j->known && fq_blob_may_read(k, &actor, j->arg);
}

void blob_get(struct http *h, const char *sha256) {
  if (!admit(h, sha256)) return;
  struct job *j = job_new(h, ask_may_read, may_read);
  strcpy(j->arg, sha256);
  http_ask(h, j);
}
