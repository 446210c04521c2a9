/* fengqiao journal: verify, export, rebuild. */
#include "main/boot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/compare.h"
#include "store/journal.h"

static int verify(const struct common *c) {
  struct fq_error e = {0};
  struct fq_head head;
  char path[600], hex[FQ_SHA256_HEX];
  snprintf(path, sizeof path, "%s/county.db", c->data);
  fq_db *db = fq_db_open(path, FQ_DB_READER, &e);
  if (!db) return fq_complain(&e);
  enum fq_status st = fq_journal_verify(db, &head, &e);
  fq_db_close(db);
  if (st) return fq_complain(&e);
  fq_hex(head.link, sizeof head.link, hex);
  if (c->json)
    printf("{\"entries\":%lld,\"head\":\"%s\"}\n", (long long)head.seq, hex);
  else if (!c->quiet)
    printf("日志完好 / the journal is intact: %lld 条 / entries\n链头 / head: %s\n", (long long)head.seq,
           hex);
  return EXIT_DONE;
}

static void put(fq_json *o, const char *name, const char *s) {
  if (s && *s) fq_json_set_str(o, name, s);
}

static int export(const struct common *c, int64_t after) {
  struct fq_error e = {0};
  char path[600], hex[FQ_SHA256_HEX];
  snprintf(path, sizeof path, "%s/county.db", c->data);
  fq_db *db = fq_db_open(path, FQ_DB_READER, &e);
  if (!db) return fq_complain(&e);
  fq_stmt *q = fq_journal_after(db, after, INT64_MAX);
  while (fq_row(q)) {
    struct fq_row r;
    fq_journal_get(q, &r);
    fq_json *o = fq_json_object(), *data = fq_json_parse(r.data, strlen(r.data), NULL);
    fq_json_set_int(o, "seq", r.seq);
    fq_json_set_int(o, "at_ms", r.at_ms);
    fq_json_set_str(o, "kind", r.kind);
    put(o, "subject", r.subject);
    put(o, "org", r.org);
    fq_json_set_str(o, "actor", r.actor);
    if (r.cause) fq_json_set_int(o, "cause", r.cause);
    put(o, "audience", r.audience);
    fq_json_set(o, "data", data ? data : fq_json_object());
    if (r.receipt && *r.receipt) fq_json_set(o, "receipt", fq_json_parse(r.receipt, strlen(r.receipt), NULL));
    const uint8_t *link = fq_col_blob(q, 11, FQ_SHA256);
    if (link) {
      fq_hex(link, FQ_SHA256, hex);
      fq_json_set_str(o, "link", hex);
    }
    char *text = fq_json_print(o);
    puts(text);
    free(text);
    fq_json_free(o);
  }
  enum fq_status st = fq_db_error(db, &e);
  fq_db_close(db);
  if (fflush(stdout)) return EXIT_FAILED;
  return st ? fq_complain(&e) : EXIT_DONE;
}

static void remove_database(const char *path) {
  static const char *const parts[] = {"", "-wal", "-shm"};
  char part[640];
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    snprintf(part, sizeof part, "%s%s", path, parts[i]);
    unlink(part);
  }
}

/* The old file stays beside the new one until somebody removes it. */
static enum fq_status replace(const struct common *c, const char *path, const char *fresh,
                              struct fq_error *e) {
  char back[640];
  snprintf(back, sizeof back, "%s.before-rebuild", path);
  unlink(back);
  if (link(path, back) || rename(fresh, path))
    return fq_fail(e, FQ_E_STORAGE, "rebuild.replace", path, "无法替换 %s:%s", "cannot replace %s: %s", path,
                   strerror(errno));
  snprintf(back, sizeof back, "%s-wal", path); /* the old file's log must not be read into the new one */
  unlink(back);
  snprintf(back, sizeof back, "%s-shm", path);
  unlink(back);
  return FQ_OK;
}

static int rebuild(const struct common *c, bool check) {
  struct fq_error e = {0};
  struct fq_problem_list problems = {0};
  struct server s = {0};
  char path[600], fresh[600];
  int64_t rows = 0;
  int code = EXIT_DONE;
  snprintf(path, sizeof path, "%s/county.db", c->data);
  snprintf(fresh, sizeof fresh, "%s/rebuilt.db", c->data);
  if (fq_boot_configure(&s, c, &problems)) {
    code = fq_boot_complain(&problems);
  } else if (fq_boot_lock(&s, &e) ||
             (remove_database(fresh), fq_boot_open(&s, BOOT_REBUILD, "rebuilt.db", &e)) ||
             fq_kernel_rebuild(s.kernel, path, &rows, &e))
    code = fq_complain(&e);
  fq_kernel_close(s.kernel);
  s.kernel = NULL;
  if (code == EXIT_DONE && (check ? fq_compare(path, fresh, stdout, &e) : replace(c, path, fresh, &e)))
    code = fq_complain(&e);
  if (s.lock_fd >= 0) remove_database(fresh);
  if (code == EXIT_DONE && !c->quiet)
    printf(check ? "逐行一致:由 %lld 条日志重建 / identical, row for row: rebuilt from %lld entries\n"
                 : "已由 %lld 条日志重建 / rebuilt from %lld entries\n",
           (long long)rows, (long long)rows);
  fq_problems_free(&problems);
  fq_boot_close(&s);
  return code;
}

static int run(int argc, char **argv) {
  struct common c;
  bool check = false;
  for (int i = 1; i < argc; i++)
    if (!strcmp(argv[i], "--check")) {
      check = true;
      memmove(&argv[i], &argv[i + 1], (size_t)(argc - i) * sizeof argv[0]);
      argc--;
    }
  int code = fq_common(&argc, argv, &c, &fq_command_journal);
  if (code >= 0) return code;
  if (argc == 2 && !strcmp(argv[1], "verify")) return verify(&c);
  if (argc >= 2 && argc <= 3 && !strcmp(argv[1], "export"))
    return export(&c, argc == 3 ? strtoll(argv[2], NULL, 10) : 0);
  if (argc == 2 && !strcmp(argv[1], "rebuild")) return rebuild(&c, check);
  return fq_usage(&fq_command_journal, stderr);
}

const struct command fq_command_journal = {
    "journal", run, "日志:校验、导出、重建", "the journal: verify, export, rebuild",
    "usage: fengqiao journal [--data DIR] verify\n"
    "       fengqiao journal export [AFTER]          每行一条 JSON / one JSON object a line\n"
    "       fengqiao journal rebuild [--check]\n\n"
    "verify  重算哈希链,指出第一处改动或缺失 / recomputes the chain, names the first entry that was changed "
    "or lost\n"
    "rebuild 由日志重建全部表(需停止服务器;原库保留为 county.db.before-rebuild)\n"
    "        all tables anew from the journal (with the server stopped; the old file is kept)\n"
    "--check 只比较,不替换(同样需停止服务器)/ compares row for row and replaces nothing\n"};
