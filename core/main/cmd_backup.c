/* fengqiao backup: the county's database, attachments and key as files elsewhere, verified. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "kernel/backup.h"
#include "main/main.h"

static bool show(void *arg, const char *phase, int64_t done, int64_t total) {
  if (total && isatty(STDERR_FILENO)) fprintf(stderr, "\r%s %3d%%  ", phase, (int)(done * 100 / total));
  return true;
}
static void end_line(void) {
  if (isatty(STDERR_FILENO)) fputs("\r              \r", stderr);
}

static int list(const struct common *c, const char *dir) {
  fq_json *rows = fq_backup_list(dir);
  if (c->json)
    fq_print_json(rows);
  else if (!fq_json_size(rows))
    printf("%s 里没有备份 / no backup in %s\n", dir, dir);
  else
    fq_json_each(r, rows)
        printf("%s  %8.1f MiB  %s\n", fq_json_str(r, "file"), (double)fq_json_int(r, "bytes", 0) / 1048576,
               fq_json_str(r, "verified_at") ? "已校验 / verified" : "");
  fq_json_free(rows);
  return EXIT_DONE;
}

static int told(const struct common *c, const struct fq_backup_made *m, const char *zh, const char *en) {
  if (c->json)
    printf("{\"file\":\"%s\",\"head\":%lld,\"bytes\":%lld,\"took_ms\":%lld}\n", m->file, (long long)m->head,
           (long long)m->bytes, (long long)m->took_ms);
  else if (!c->quiet)
    printf("%s / %s: %s (%.1f MiB, %lld 条 / entries, %.1f s)\n", zh, en, m->file, (double)m->bytes / 1048576,
           (long long)m->head, (double)m->took_ms / 1000);
  return EXIT_DONE;
}

static int make(const struct common *c, const char *dir, int keep) {
  struct fq_error e = {0};
  struct fq_backup_made made;
  const struct fq_backup_watch watch = {show, NULL};
  const struct fq_clock clock = {0};
  enum fq_status st =
      fq_backup_make(c->data, dir, keep, fq_clock_ms(&clock), c->quiet ? NULL : &watch, &made, &e);
  if (!c->quiet) end_line();
  return st ? fq_complain(&e) : told(c, &made, "已备份并校验", "made and verified");
}

static int verify(const struct common *c, const char *dir, const char *file) {
  struct fq_error e = {0};
  struct fq_backup_made found;
  const struct fq_backup_watch watch = {show, NULL};
  enum fq_status st = fq_backup_verify(dir, file, c->quiet ? NULL : &watch, &found, &e);
  if (!c->quiet) end_line();
  return st ? fq_complain(&e) : told(c, &found, "完好", "intact");
}

/* Takes "--name VALUE" out of the arguments; NULL when it is not there. */
static const char *take(int *argc, char **argv, const char *name) {
  for (int i = 1; i + 1 < *argc; i++)
    if (!strcmp(argv[i], name)) {
      const char *value = argv[i + 1];
      memmove(&argv[i], &argv[i + 2], (size_t)(*argc - i - 1) * sizeof argv[0]);
      *argc -= 2;
      return value;
    }
  return NULL;
}

static int run(int argc, char **argv) {
  struct common c;
  char own[600];
  const char *keep = take(&argc, argv, "--keep"), *to = take(&argc, argv, "--to");
  int code = fq_common(&argc, argv, &c, &fq_command_backup);
  if (code >= 0) return code;
  snprintf(own, sizeof own, "%s/backups", c.data);
  const char *dir = to ? to : own;
  int kept = keep ? atoi(keep) : 0;
  if (keep && kept < 1) return fq_usage(&fq_command_backup, stderr);
  if (argc == 1) return make(&c, dir, kept);
  if (argc == 2 && !strcmp(argv[1], "list")) return list(&c, dir);
  if (argc == 3 && !strcmp(argv[1], "verify")) return verify(&c, dir, argv[2]);
  return fq_usage(&fq_command_backup, stderr);
}

const struct command fq_command_backup = {
    "backup", run, "备份", "make, list and verify backups",
    "usage: fengqiao backup [--data DIR] [--to DIR] [--keep N]\n"
    "       fengqiao backup [--to DIR] list\n"
    "       fengqiao backup [--to DIR] verify FILE\n\n"
    "不必停止服务器。先写成临时文件,校验(数据库完好、哈希链不断、链头相符)之后才改成正式的名字。\n"
    "The server need not be stopped. What is written is verified - the database whole, the chain unbroken, "
    "the\n"
    "head as its name says - before it gets its name.\n"
    "--to DIR   写到哪里,默认 <data>/backups;另一块磁盘更好 / where; another disk is better\n"
    "--keep N   只留最近 N 份 / the newest N stay; all when left out\n"
    "目录里还有附件和县密钥,恢复时要用:请像数据目录一样保管。\n"
    "Attachments and the county key lie there as well: guard it like the data directory.\n"};
