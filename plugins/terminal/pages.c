/*
 * The web pages: files below one directory, never above it. Knows nothing of who asks: pages are public, data
 * is not in them. I/O threads.
 */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
  const char *end, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json; charset=utf-8"},
    {".map", "application/json; charset=utf-8"},
    {".geojson", "application/geo+json; charset=utf-8"},
    {".webmanifest", "application/manifest+json; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".wasm", "application/wasm"},
    {".mp3", "audio/mpeg"},
    {".txt", "text/plain; charset=utf-8"},
};

static const char *type_of(const char *path) {
  const char *dot = strrchr(path, '.');
  for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
    if (strcasecmp(dot, types[i].end) == 0) return types[i].type;
  return "application/octet-stream";
}

/* No empty segment, no dot in front of one: neither "..", nor hidden files, nor what an editor leaves behind.
 */
static bool plain(const char *path) {
  if (path[0] != '/' || strchr(path, '\\')) return false;
  for (const char *p = path; *p; p++)
    if (*p == '/' && (p[1] == '.' || p[1] == '/')) return false;
  return true;
}

/* The kernel itself refuses to resolve above the directory, whatever links lie in it. */
static int open_below(int dir, const char *path) {
  struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
                         .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
  int fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
  if (fd < 0 && (errno == ENOSYS || errno == EPERM)) /* old kernels, some containers */
    fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
  return fd;
}

/* Vite names assets by their content: /assets/index-Bx81kQ0f.js never changes. */
static bool hashed(const char *path) {
  if (!strstr(path, "/assets/")) return false;
  const char *dash = strrchr(path, '-');
  return dash && strcspn(dash + 1, ".") >= 8 && !strchr(dash, '/');
}

int pages_open(struct term *t, struct fq_error *e) {
  t->pages_fd = open(t->pages, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (t->pages_fd < 0 && errno != ENOENT)
    return fq_fail(e, FQ_E_INTERNAL, "terminal.pages", "terminal.pages", "打不开页面目录 %s：%s",
                   "cannot open the directory of pages %s: %s", t->pages, strerror(errno));
  if (t->pages_fd < 0) fq_log(FQ_LOG_WARN, "no pages at %s: serving the interface alone", t->pages);
  return FQ_OK;
}

static void redirect(struct http *h, const char *to) {
  char headers[700];
  snprintf(headers, sizeof headers, "Cache-Control: no-cache\r\nLocation: %s\r\n", to);
  http_answer(h, 302, "", headers, NULL, 0);
}

static bool accepts_gzip(struct lws *wsi) {
  char accept[128];
  return http_header(wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING, accept, sizeof accept) && strstr(accept, "gzip");
}

static bool send_file(struct http *h, const char *path) {
  struct term *t = h->io->term;
  struct stat st;
  char zipped[520], headers[400], tag[64], known[64];
  bool gzip = false;
  int fd = -1;
  if (accepts_gzip(h->wsi)) {
    snprintf(zipped, sizeof zipped, "%s.gz", path + 1);
    fd = open_below(t->pages_fd, zipped);
    gzip = fd >= 0;
  }
  if (fd < 0) fd = open_below(t->pages_fd, path + 1);
  if (fd < 0) return false;
  if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
    close(fd);
    return false;
  }
  snprintf(tag, sizeof tag, "\"%llx-%llx%s\"", (unsigned long long)st.st_size,
           (unsigned long long)st.st_mtim.tv_sec * 1000 + (unsigned long long)st.st_mtim.tv_nsec / 1000000,
           gzip ? "-z" : "");
  snprintf(headers, sizeof headers, "Cache-Control: %s\r\nETag: %s\r\nVary: Accept-Encoding\r\n%s",
           hashed(path) ? "public, max-age=31536000, immutable" : "no-cache", tag,
           gzip ? "Content-Encoding: gzip\r\n" : "");
  if (http_header(h->wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, known, sizeof known) && strcmp(known, tag) == 0) {
    close(fd);
    http_answer(h, 304, "", headers, NULL, 0);
    return true;
  }
  http_answer_file(h, 200, type_of(path), headers, fd, 0, st.st_size);
  return true;
}

bool pages_serve(struct http *h) {
  struct term *t = h->io->term;
  char path[512];
  size_t len = strlen(h->path);
  if (t->pages_fd < 0 || len + 16 > sizeof path || !plain(h->path)) return false;
  strcpy(path, h->path);
  if (path[len - 1] == '/') {
    strcpy(path + len, "index.html");
    if (send_file(h, path)) return true;
    if (len == 1 && faccessat(t->pages_fd, "console/index.html", R_OK, 0) == 0) {
      redirect(h, "/console/");
      return true;
    }
    return false;
  }
  if (send_file(h, path)) return true;
  strcpy(path + len, "/index.html");
  if (faccessat(t->pages_fd, path + 1, R_OK, 0) != 0) return false;
  path[len + 1] = 0; /* "/console" -> "/console/": relative links need it */
  if (strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./") != strlen(path))
    return false;
  redirect(h, path);
  return true;
}
