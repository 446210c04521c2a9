/*
 * fail_io.so, for LD_PRELOAD: while the file $FAIL_IO exists, what it names fails for the database's files.
 * The file holds pairs, one a line:   write ENOSPC   sync EIO   copy ENOSPC
 * `write` is every write to *.db, *.db-wal and *.db-journal, `sync` every fsync and fdatasync of them; `copy`
 * is every write to *.part, what has not got its name yet, such as a backup being made. Without the file
 * everything passes. Any thread.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* The error that the file asks for, or 0. Read at each call: tests change it under a running server. */
static int asked(const char *what) {
  char text[200], error[32];
  const char *path = getenv("FAIL_IO");
  int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return 0;
  ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  text[n > 0 ? n : 0] = 0;
  const char *at = strstr(text, what);
  if (!at || sscanf(at + strlen(what), " %31s", error) != 1) return 0;
  return strcmp(error, "ENOSPC") == 0 ? ENOSPC : EIO;
}

static bool named(int fd, char path[4096]) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, 4095);
  if (n <= 0) return false;
  path[n] = 0;
  return true;
}

static bool copy(int fd) {
  char path[4096];
  const char *part = named(fd, path) ? strstr(path, ".part") : NULL;
  return part && !part[5];
}

static bool database(int fd) {
  char path[4096];
  const char *db = named(fd, path) ? strstr(path, ".db") : NULL;
  return db && (!db[3] || strcmp(db + 3, "-wal") == 0 || strcmp(db + 3, "-journal") == 0);
}

static bool fails_for(const char *what, bool (*ours)(int fd), int fd) {
  int saved = errno, error = asked(what);
  bool yes = error && ours(fd);
  errno = yes ? error : saved;
  return yes;
}
static bool write_fails(int fd) {
  return fails_for("write", database, fd) || fails_for("copy", copy, fd);
}

#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))
#define EXPORT     __attribute__((visibility("default")))

EXPORT ssize_t write(int fd, const void *bytes, size_t len) {
  return write_fails(fd) ? -1 : REAL(write)(fd, bytes, len);
}
EXPORT ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at) {
  return write_fails(fd) ? -1 : REAL(pwrite)(fd, bytes, len, at);
}
EXPORT ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at) {
  return write_fails(fd) ? -1 : REAL(pwrite64)(fd, bytes, len, at);
}
EXPORT int fsync(int fd) {
  return fails_for("sync", database, fd) ? -1 : REAL(fsync)(fd);
}
EXPORT int fdatasync(int fd) {
  return fails_for("sync", database, fd) ? -1 : REAL(fdatasync)(fd);
}
