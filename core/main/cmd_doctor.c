/* fengqiao doctor: looks at an installation and says what would trouble it, and what to do about it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "main/local.h"
#include "store/journal.h"

static int bad;

static void well(const char *zh, const char *en) {
  printf("  好 ok    %s / %s\n", zh, en);
}
static void ill(const char *zh, const char *en) {
  printf("  差 BAD   %s / %s\n", zh, en);
  bad++;
}
static void tell(bool ok, const char *zh, const char *en, const char *do_zh, const char *do_en) {
  if (ok)
    well(zh, en);
  else {
    ill(zh, en);
    printf("           -> %s / %s\n", do_zh, do_en);
  }
}

static void disk(const struct common *c) {
  struct statvfs v;
  char zh[120], en[120];
  if (statvfs(c->data, &v)) return;
  unsigned long long mib = (unsigned long long)v.f_bavail * v.f_frsize >> 20;
  snprintf(zh, sizeof zh, "磁盘可用 %llu MiB", mib);
  snprintf(en, sizeof en, "%llu MiB of disk free", mib);
  tell(mib >= 1024, zh, en, "至少留出 1 GiB", "keep at least 1 GiB free");
}

static void descriptors(void) {
  struct rlimit r;
  char zh[120], en[120];
  getrlimit(RLIMIT_NOFILE, &r);
  snprintf(zh, sizeof zh, "可打开文件数 %llu", (unsigned long long)r.rlim_cur);
  snprintf(en, sizeof en, "%llu open files allowed", (unsigned long long)r.rlim_cur);
  tell(r.rlim_cur >= 8192, zh, en, "ulimit -n 65536:一个终端占一个",
       "ulimit -n 65536: each terminal takes one");
}

static void secrets(const struct common *c) {
  char path[600];
  struct stat st;
  snprintf(path, sizeof path, "%s/county.key", c->data);
  bool there = stat(path, &st) == 0;
  tell(there && !(st.st_mode & 077), "县密钥存在且只有自己可读",
       "the county key is there and nobody else's to read", "chmod 600 county.key,并另存一份",
       "chmod 600 county.key, and keep a copy elsewhere");
  tell(stat(c->data, &st) == 0 && !(st.st_mode & 077), "数据目录只有自己可进入",
       "the data directory is nobody else's to enter", "chmod 700", "chmod 700");
}

/* fdatasync of a page: what every commit waits for. */
static void sync_speed(const struct common *c) {
  char path[600], page[4096] = {0}, zh[120], en[120];
  snprintf(path, sizeof path, "%s/doctor.tmp", c->data);
  FILE *f = fopen(path, "w");
  double worst = 0;
  for (int i = 0; f && i < 20; i++) {
    struct timespec a, b;
    fwrite(page, 1, sizeof page, f);
    fflush(f);
    clock_gettime(CLOCK_MONOTONIC, &a);
    if (fdatasync(fileno(f))) break;
    clock_gettime(CLOCK_MONOTONIC, &b);
    double ms = (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
    if (ms > worst) worst = ms;
  }
  if (f) fclose(f);
  unlink(path);
  snprintf(zh, sizeof zh, "落盘最慢 %.1f 毫秒", worst);
  snprintf(en, sizeof en, "slowest flush to disk %.1f ms", worst);
  tell(f && worst < 50, zh, en, "换用固态盘", "use a solid-state disk");
}

static void journal(const struct common *c) {
  char path[600], zh[400], en[400];
  struct fq_error e = {0};
  struct fq_head head;
  snprintf(path, sizeof path, "%s/county.db", c->data);
  fq_db *db = fq_db_open(path, FQ_DB_READER, &e);
  enum fq_status st = db ? fq_journal_verify(db, &head, &e) : e.status;
  fq_db_close(db);
  if (st) {
    fq_copy(zh, sizeof zh, e.zh);
    fq_copy(en, sizeof en, e.en);
  } else {
    snprintf(zh, sizeof zh, "日志 %lld 条完好", (long long)head.seq);
    snprintf(en, sizeof en, "%lld journal entries, intact", (long long)head.seq);
  }
  tell(!st, zh, en, "从备份恢复;不要继续写入", "restore from a backup; do not go on writing");
}

static int run(int argc, char **argv) {
  struct common c;
  int code = fq_common(&argc, argv, &c, &fq_command_doctor);
  if (code >= 0) return code;
  if (argc > 1) return fq_usage(&fq_command_doctor, stderr);
  printf("fengqiao doctor: %s\n", c.data);
  if (access(c.data, R_OK | W_OK | X_OK)) {
    ill("数据目录无法使用", "the data directory cannot be used");
    printf("           -> fengqiao init --data %s (%s)\n", c.data, strerror(errno));
    return EXIT_FAILED;
  }
  struct server s = {0};
  struct fq_problem_list problems = {0};
  tell(!fq_boot_configure(&s, &c, &problems), "配置和插件没有问题", "configuration and plugins are well",
       "fengqiao check", "fengqiao check");
  fq_problems_free(&problems);
  fq_boot_close(&s);
  secrets(&c);
  disk(&c);
  descriptors();
  sync_speed(&c);
  journal(&c);
  int fd = fq_control_connect(c.data);
  printf("  %s\n",
         fd >= 0 ? "服务器正在运行 / a server is running" : "没有服务器在运行 / no server is running");
  if (fd >= 0) close(fd);
  return bad ? EXIT_FAILED : EXIT_DONE;
}

const struct command fq_command_doctor = {
    "doctor", run, "体检", "look for trouble",
    "usage: fengqiao doctor [--data DIR]\n\n"
    "检查配置、权限、磁盘、句柄数、落盘速度和日志的哈希链。有问题时退出码为 1。\n"
    "Checks configuration, permissions, disk, descriptors, flush speed and the journal's chain. Exit code 1 "
    "when\n"
    "something is wrong.\n"};
