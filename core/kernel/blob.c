/*
 * Blobs as a module: which files there are, what they are, who may read them. The bytes lie in files; an
 * entry says they are there. Kernel thread, but for fq_blob_take() on a helper.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/internal.h"
#include "store/timer.h"

static const char *const migrations[] = {"CREATE TABLE blob(sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL, "
                                         "type TEXT NOT NULL, owner TEXT NOT NULL) WITHOUT ROWID;"
                                         "CREATE TABLE blob_ref(sha256 TEXT NOT NULL, seq INTEGER NOT NULL, "
                                         "PRIMARY KEY(sha256, seq)) WITHOUT ROWID;",
                                         NULL};

/* A ticket's blob waits an hour for an entry that refers to it. */
#define UNREFERRED_MS INT64_C(3600000)

struct lapse {
  char timer[8 + FQ_SHA256_HEX];
};
static struct lapse lapse_of(const char *sha256) {
  struct lapse l;
  snprintf(l.timer, sizeof l.timer, "blob/%.64s", sha256);
  return l;
}

void fq_blob_refer(fq_db *db, const struct fq_entry *e) {
  fq_json_each(m, fq_json_get(e->data, "attachments")) {
    const char *sha = fq_json_as_str(m);
    if (!sha) continue;
    fq_exec(db, "INSERT OR IGNORE INTO blob_ref(sha256, seq) VALUES(?,?)", "si", sha, e->seq);
    fq_timer_delete(db, lapse_of(sha).timer);
  }
}

/* Kernel thread with its handle, or a reader with its own: kinds are fixed after boot. */
static bool may_read(fq_kernel *k, fq_db *db, const struct fq_actor *actor, const char *sha256) {
  bool may = actor->system ||
             fq_int(db, 0, "SELECT owner = ? FROM blob WHERE sha256 = ?", "ss", actor->name, sha256);
  fq_stmt *q = may ? NULL
                   : fq_sql(db,
                            "SELECT j.kind, j.org, j.audience FROM blob_ref r JOIN journal j ON j.seq = "
                            "r.seq WHERE r.sha256 = ?",
                            "s", sha256);
  while (!may && fq_row(q)) {
    const struct bound_kind *b = fq_map_get(k->kinds, fq_col_str(q, 0));
    may = b && fq_entry_visible(db, actor, b->kind, fq_col_str(q, 1), fq_col_str(q, 2));
    if (may) fq_done(q);
  }
  return may;
}

bool fq_blob_may_read(fq_kernel *k, const struct fq_actor *actor, const char *sha256) {
  bool may = may_read(k, k->db, actor, sha256);
  fq_db_clear(k->db);
  return may;
}

/* ---- tickets: in memory, as sign-in failures are ---------------------------------------------------- */

#define TICKETS_MOST 10000

struct ticket {
  char sha256[FQ_SHA256_HEX];
  int64_t size, until_ms;
};

void fq_blob_ticket(fq_kernel *k, const char *sha256, int64_t size, int64_t until_ms, char out[48]) {
  if (fq_map_size(k->tickets) >= TICKETS_MOST)
    fq_map_clear(&k->tickets, free); /* a flood: those who still want theirs ask again */
  struct ticket *t = fq_alloc(sizeof *t);
  *t = (struct ticket){.size = size, .until_ms = until_ms};
  fq_copy(t->sha256, sizeof t->sha256, sha256);
  fq_random_token(out, 32);
  fq_map_put(&k->tickets, out, t);
}

static const struct ticket *ticket_of(fq_kernel *k, const char *token, const char *sha256) {
  const struct ticket *t = sha256 ? fq_map_get(k->tickets, token) : NULL;
  if (!t || strcmp(t->sha256, sha256)) return NULL;
  if (t->until_ms > fq_clock_ms(&k->clock)) return t;
  free(fq_map_take(&k->tickets, token));
  return NULL;
}

bool fq_blob_may_write(fq_kernel *k, const char *token, const char *sha256, int64_t size) {
  struct fq_actor actor;
  if (fq_token_actor(k, token, &actor)) /* a guest looks and talks, and leaves nothing on the disk */
    return fq_int(k->db, 0, "SELECT 1 FROM account WHERE name = ?", "s", actor.name) != 0;
  const struct ticket *t = ticket_of(k, token, sha256);
  return t && t->size == size;
}

bool fq_blob_ticket_for(fq_kernel *k, const struct fq_request *r) {
  return !strcmp(r->method, "blob.commit") && ticket_of(k, r->token, fq_json_str(r->params, "sha256"));
}

/* What the first bytes say. Anything else is served as a download, never as a page. */
static const char *sniff(const unsigned char *p, size_t n) {
  static const struct {
    size_t at, len;
    const char *bytes, *type;
  } known[] = {{0, 3, "\xFF\xD8\xFF", "image/jpeg"}, {0, 8, "\x89PNG\r\n\x1A\n", "image/png"},
               {0, 4, "GIF8", "image/gif"},          {8, 4, "WEBP", "image/webp"},
               {4, 8, "ftypmp42", "video/mp4"},      {4, 8, "ftypisom", "video/mp4"},
               {4, 7, "ftypM4A", "audio/mp4"},       {0, 4, "\x1A\x45\xDF\xA3", "video/webm"},
               {0, 4, "OggS", "audio/ogg"},          {0, 3, "ID3", "audio/mpeg"},
               {0, 5, "%PDF-", "application/pdf"}};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (n >= known[i].at + known[i].len && !memcmp(p + known[i].at, known[i].bytes, known[i].len))
      return known[i].type;
  return "application/octet-stream";
}

static bool sync_path(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  bool ok = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) close(fd);
  return ok;
}

/* NULL with errno when it cannot be read. */
static const char *type_of(const char *path) {
  unsigned char head[16];
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t n = fd >= 0 ? read(fd, head, sizeof head) : -1;
  if (fd >= 0) close(fd);
  return n < 0 ? NULL : sniff(head, (size_t)n);
}

/* On disk, then in its place. */
static bool keep(const char *data_dir, const char *from, const char *sha256) {
  char dir[700], to[780];
  snprintf(dir, sizeof dir, "%s/blobs/%.2s", data_dir, sha256);
  snprintf(to, sizeof to, "%s/%s", dir, sha256);
  return (mkdir(dir, 0700) == 0 || errno == EEXIST) && sync_path(from) && rename(from, to) == 0 &&
         sync_path(dir);
}

static enum fq_status not_kept(struct fq_error *e, const char *path) {
  return fq_fail(e, FQ_E_STORAGE, "blob.store", path, "无法保存附件:%s", "cannot store the attachment: %s",
                 strerror(errno));
}

/* It may have been written by a process that is somebody else. */
static bool own(const char *path) {
  int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  struct stat st;
  bool ours = fd >= 0 && !fstat(fd, &st) && (S_ISREG(st.st_mode) || (errno = EINVAL, false)) &&
              (st.st_uid == geteuid() || !fchown(fd, geteuid(), getegid())) && !fchmod(fd, 0600);
  int why = errno;
  if (fd >= 0) close(fd);
  errno = why;
  return ours;
}

enum fq_status fq_blob_adopt(const char *data_dir, const char *path, char sha256[65], int64_t *size,
                             struct fq_error *e) {
  struct stat st;
  if (!own(path) || !fq_sha256_file(path, sha256) || stat(path, &st) || !keep(data_dir, path, sha256))
    return not_kept(e, path);
  if (size) *size = st.st_size;
  return FQ_OK;
}

bool fq_blob_intact(const char *data_dir, const char *sha256) {
  char path[780], hex[FQ_SHA256_HEX];
  snprintf(path, sizeof path, "%s/blobs/%.2s/%s", data_dir, sha256, sha256);
  return fq_sha256_file(path, hex) && !strcmp(hex, sha256);
}

void fq_blob_take(const char *data_dir, fq_json *params, bool picture, struct fq_error *e) {
  const char *sha = fq_json_str(params, "sha256");
  if (strspn(sha, "0123456789abcdef") != 64) { /* it becomes part of a path */
    fq_fail(e, FQ_E_PARAMS, "blob.name", "params.sha256", "sha256 应为 64 位小写十六进制",
            "sha256: expected 64 lower-case hexadecimal digits");
    return;
  }
  char from[700], to[780], hex[FQ_SHA256_HEX];
  struct stat st;
  snprintf(from, sizeof from, "%s/blobs/tmp/%s.part", data_dir, sha);
  snprintf(to, sizeof to, "%s/blobs/%.2s/%s", data_dir, sha, sha);
  const char *there = access(to, R_OK) == 0 ? to : from;
  if (stat(there, &st) || !fq_sha256_file(there, hex)) {
    fq_fail(e, FQ_E_NOT_FOUND, "blob.missing", "params.sha256", "没有收到 %s 的内容",
            "the content of %s has not been received", sha);
    return;
  }
  if (strcmp(hex, sha)) {
    unlink(there);
    fq_fail(e, FQ_E_CONFLICT, "blob.hash", "params.sha256", "内容的 SHA-256 是 %s,与声明不符",
            "the content's SHA-256 is %s, not as declared", hex);
    return;
  }
  const char *type = type_of(there);
  if (type && picture && strncmp(type, "image/", 6)) {
    if (there == from) unlink(from);
    fq_fail(e, FQ_E_PARAMS, "blob.picture", "params.sha256", "这不是照片,请重新选择",
            "this is no picture: choose another file");
    return;
  }
  if (!type || (there != to && !keep(data_dir, from, sha))) {
    not_kept(e, "params.sha256");
    return;
  }
  fq_json_set_int(params, "size", st.st_size);
  fq_json_set_str(params, "type", type);
}

/* Of whoever has an account it is kept; a ticket's lapses unless an entry refers to it. */
static enum fq_status apply_stored(struct fq_apply *a, const struct fq_entry *e) {
  const char *sha = fq_json_str(e->data, "sha256");
  fq_exec(a->db,
          "INSERT INTO blob(sha256, size, type, owner) VALUES(?1,?2,?3,?4)"
          " ON CONFLICT(sha256) DO UPDATE SET owner = ?4 WHERE owner = '" FQ_NOBODY "'",
          "siss", sha, fq_json_int(e->data, "size", 0), fq_json_str(e->data, "type"), e->actor);
  if (strcmp(e->actor, FQ_NOBODY)) {
    fq_timer_clear(a, lapse_of(sha).timer);
    return FQ_OK;
  }
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "sha256", sha);
  fq_timer_set(a, lapse_of(sha).timer, e->at_ms + UNREFERRED_MS, "blob.lapse", "", params);
  return FQ_OK;
}

static enum fq_status apply_lapsed(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "DELETE FROM blob WHERE sha256 = ?", "s", fq_json_str(e->data, "sha256"));
  return FQ_OK;
}

static enum fq_status apply_removed(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "DELETE FROM blob_ref WHERE sha256 = ?", "s", fq_json_str(e->data, "sha256"));
  return apply_lapsed(a, e);
}

#define LAPSES                                                                                               \
  "SELECT owner = '" FQ_NOBODY "' AND NOT EXISTS(SELECT 1 FROM blob_ref r WHERE r.sha256 = b.sha256)"        \
  " FROM blob b WHERE sha256 = ?"

/* ---- the file of one that has lapsed. Whoever sends the same again meanwhile is asked to do it once more:
 * his file may be the one that goes. */

#define GONE_MS   INT64_C(60000)
#define GONE_MOST 1000

struct going {
  char sha256[FQ_SHA256_HEX], path[700];
};

static bool going(fq_kernel *k, const char *sha256, int64_t now_ms) {
  const int64_t *at_ms = fq_map_get(k->blobs_gone, sha256);
  return at_ms && *at_ms + GONE_MS > now_ms;
}

static void unlink_file(void *arg) {
  struct going *g = arg;
  if (unlink(g->path) && errno != ENOENT) fq_log(FQ_LOG_WARN, "blob: %s: %s", g->path, strerror(errno));
}

static void unlinked(fq_kernel *k, void *arg) {
  free(arg);
}

/* After the commit: what is not in the table then is nobody's. */
static void let_go(fq_kernel *k, void *arg) {
  struct going *g = arg;
  if (fq_int(k->db, 1, "SELECT count(*) FROM blob WHERE sha256 = ?", "s", g->sha256)) {
    fq_db_clear(k->db);
    free(g);
    return;
  }
  int64_t *at_ms = fq_alloc(sizeof *at_ms);
  *at_ms = fq_clock_ms(&k->clock);
  if (fq_map_size(k->blobs_gone) >= GONE_MOST) fq_map_clear(&k->blobs_gone, free);
  free(fq_map_take(&k->blobs_gone, g->sha256));
  fq_map_put(&k->blobs_gone, g->sha256, at_ms);
  fq_work(k, unlink_file, unlinked, g);
}

static enum fq_status leave(struct fq_call *c, const char *kind) {
  fq_kernel *k = c->tick->kernel;
  const char *sha = fq_json_str(c->params, "sha256");
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "sha256", sha);
  enum fq_status s = fq_emit(c, (struct fq_draft){.kind = kind, .data = data});
  if (s || k->config.memory) return s;
  struct going *g = fq_alloc(sizeof *g);
  fq_copy(g->sha256, sizeof g->sha256, sha);
  snprintf(g->path, sizeof g->path, "%s/blobs/%.2s/%s", k->data_dir, sha, sha);
  fq_post(k, let_go, g);
  return s;
}

static enum fq_status lapse(struct fq_call *c) {
  bool lapses = fq_int(c->db, 0, LAPSES, "s", fq_json_str(c->params, "sha256")) != 0;
  return lapses ? leave(c, "blob.lapsed") : FQ_OK;
}

static enum fq_status take_away(struct fq_call *c) {
  const char *sha = fq_json_str(c->params, "sha256");
  bool there = fq_int(c->db, 0, "SELECT 1 FROM blob WHERE sha256 = ?", "s", sha) != 0;
  return there ? leave(c, "blob.removed") : FQ_OK;
}

static enum fq_status commit(struct fq_call *c) {
  const char *sha = fq_json_str(c->params, "sha256");
  if (going(c->tick->kernel, sha, c->now_ms))
    return fq_fail(c->error, FQ_E_CONFLICT, "blob.gone", "params.sha256", "附件刚被清理,请重新上传",
                   "the attachment has just been removed: upload it again");
  fq_json_set(c->result, "sha256", fq_json_new_str(sha));
  fq_json_set(c->result, "size", fq_json_dup(fq_json_get(c->params, "size")));
  fq_json_set(c->result, "type", fq_json_dup(fq_json_get(c->params, "type")));
  if (!fq_int(c->db, 1, LAPSES, "s", sha)) return FQ_OK; /* the same photo twice */
  fq_json *data = fq_json_dup(c->result);
  return fq_emit(c, (struct fq_draft){.kind = "blob.stored", .data = data});
}

static enum fq_status get(struct fq_query *q) {
  const char *sha = fq_json_str(q->params, "sha256");
  fq_stmt *s = fq_sql(q->db, "SELECT size, type FROM blob WHERE sha256 = ?", "s", sha);
  bool found = fq_row(s);
  if (found && !may_read(q->self, q->db, q->actor, sha)) {
    fq_done(s);
    found = false; /* what one may not see is not there: its existence is no answer either */
  }
  if (!found)
    return fq_fail(q->error, FQ_E_NOT_FOUND, "blob.unknown", "params.sha256", "没有附件 %s",
                   "no attachment %s", sha);
  fq_json_set_str(q->result, "sha256", sha);
  fq_json_set_int(q->result, "size", fq_col_int(s, 0));
  fq_json_set_str(q->result, "type", fq_col_str(s, 1));
  fq_done(s);
  return FQ_OK;
}

static const struct fq_kind kinds[] = {{.name = "blob.stored",
                                        .apply = apply_stored,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "附件入库",
                                        .en = "attachment stored"},
                                       {.name = "blob.lapsed",
                                        .apply = apply_lapsed,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "附件无人引用,已清理",
                                        .en = "attachment removed: nothing referred to it"},
                                       {.name = "blob.removed",
                                        .apply = apply_removed,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "附件按要求删除",
                                        .en = "attachment removed, as asked"},
                                       {0}};
/* 64 digits are one more than an id may have. */
static const struct fq_param hash_params[] = {{.name = "sha256",
                                               .type = FQ_T_STRING,
                                               .required = true,
                                               .min = 64,
                                               .max = 64,
                                               .zh = "附件的 SHA-256",
                                               .en = "64 lower-case hexadecimal digits"},
                                              {0}};
static const struct fq_param lapse_params[] = {
    {.name = "sha256", .type = FQ_T_STRING, .required = true, .min = 64, .max = 64},
    {.name = "due_ms", .type = FQ_T_INT},
    {.name = "late_ms", .type = FQ_T_INT},
    {0}};
static const struct fq_method methods[] = {{.name = "blob.commit",
                                            .roles = FQ_ROLE_ALL,
                                            .params = hash_params,
                                            .run = commit,
                                            .zh = "附件入库",
                                            .en = "take over an uploaded attachment",
                                            .result = "{sha256, size, type}"},
                                           {.name = "blob.get",
                                            .roles = FQ_ROLE_ALL,
                                            .params = hash_params,
                                            .query = get,
                                            .zh = "附件信息",
                                            .en = "what an attachment is",
                                            .result = "{sha256, size, type}"},
                                           {.name = "blob.lapse",
                                            .flags = FQ_INTERNAL,
                                            .params = lapse_params,
                                            .run = lapse,
                                            .zh = "清理无人引用的附件",
                                            .en = "remove an attachment that nothing refers to",
                                            .result = "{}"},
                                           {.name = "blob.remove",
                                            .flags = FQ_INTERNAL,
                                            .params = hash_params,
                                            .run = take_away,
                                            .zh = "删除附件",
                                            .en = "remove an attachment that entries refer to",
                                            .result = "{}"},
                                           {0}};

static enum fq_status init(void *self, fq_kernel *k, struct fq_error *e) {
  if (k->config.memory) return FQ_OK;
  char path[700];
  snprintf(path, sizeof path, "%s/blobs", k->data_dir);
  mkdir(path, 0700);
  snprintf(path, sizeof path, "%s/blobs/tmp", k->data_dir);
  if (mkdir(path, 0700) && errno != EEXIST)
    return fq_fail(e, FQ_E_STORAGE, "blob.dir", path, "无法创建 %s:%s", "cannot create %s: %s", path,
                   strerror(errno));
  return FQ_OK;
}

const struct fq_plugin fq_blob_module = {FQ_PLUGIN_HEAD, .name = "blob",      .version = "1",
                                         .zh = "附件",   .en = "attachments", .migrations = migrations,
                                         .kinds = kinds, .methods = methods,  .init = init};
