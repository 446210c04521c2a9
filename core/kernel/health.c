/*
 * How the server is, in words: what is wrong, and what to do about it. The kernel thread takes its own pulse
 * every few seconds; a reader puts it together with what the disk and the tables say. Kernel thread, but for
 * the query.
 */
#include "config.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/internal.h"

#define PULSE_MS       2000
#define TICKS_KEPT     30 /* pulses: a minute */
#define MIB            (1024.0 * 1024)
#define DAY_MS         86400000LL
#define CLOCK_WRONG_MS 120000 /* a terminal's clock; less is ordinary drift */

struct pulse {
  double ticks, commands, queries, refused, failed_ticks, busy_ms, slowest_ms;
  int64_t at_ms, sessions, skewed;
  int queued, failing;
  bool storage_down;
  char storage_why[256], plugin[64], plugin_says[200];
};
struct health {
  struct fq_alarm *alarm;
  pthread_mutex_t lock; /* of the rest: taken on the kernel thread, read by readers */
  struct pulse now;
  double recent[TICKS_KEPT]; /* slowest tick of each pulse */
  int at;
  int64_t started_ms;
};

/* -- the pulse: kernel thread */

static void take(fq_kernel *k, struct pulse *p) {
  *p = (struct pulse){.ticks = k->stats.ticks,
                      .commands = k->stats.commands,
                      .queries = k->stats.queries,
                      .refused = k->stats.refused,
                      .failed_ticks = k->stats.failed_ticks,
                      .busy_ms = k->stats.busy_ms,
                      .slowest_ms = k->stats.slowest_ms,
                      .at_ms = fq_clock_ms(&k->clock),
                      .queued = k->queued,
                      .failing = fq_outbox_failing(k),
                      .storage_down = k->storage_down};
  fq_copy(p->storage_why, sizeof p->storage_why, k->storage_down ? k->storage_why : "");
  for (const struct fq_session *s = k->sessions; s; s = s->next) {
    p->sessions++;
    p->skewed += s->told_clock && llabs(s->skew_ms) > CLOCK_WRONG_MS;
  }
  for (size_t i = 0; i < k->inited && !p->plugin_says[0]; i++) {
    const struct fq_module *m = &k->modules[i];
    if (m->table->health) m->table->health(m->self, p->plugin_says, sizeof p->plugin_says);
    if (p->plugin_says[0]) fq_copy(p->plugin, sizeof p->plugin, m->table->name);
  }
}

static void beat(void *arg) {
  fq_kernel *k = arg;
  struct health *h = k->health;
  struct pulse p;
  take(k, &p);
  pthread_mutex_lock(&h->lock);
  h->now = p;
  h->recent[h->at] = k->stats.recent_ms;
  h->at = (h->at + 1) % TICKS_KEPT;
  pthread_mutex_unlock(&h->lock);
  k->stats.recent_ms = 0;
  fq_alarm_in(h->alarm, PULSE_MS);
}

/* -- what it means: reader thread */

struct look {
  fq_json *found;
};

static void find(struct look *l, bool bad, const char *code, const char *zh, const char *en,
                 const char *do_zh, const char *do_en) {
  fq_json *o = fq_json_object();
  fq_json_set_bool(o, "bad", bad);
  fq_json_set_str(o, "code", code);
  fq_json_set_str(o, "zh", zh);
  fq_json_set_str(o, "en", en);
  fq_json_set_str(o, "do_zh", do_zh);
  fq_json_set_str(o, "do_en", do_en);
  fq_json_push(l->found, o);
}

static int64_t size_of(const char *path, const char *suffix) {
  char whole[640];
  struct stat s;
  snprintf(whole, sizeof whole, "%s%s", path, suffix);
  return stat(whole, &s) ? 0 : (int64_t)s.st_size;
}

static void disk(fq_kernel *k, fq_json *out, struct look *l) {
  struct statvfs v;
  char zh[200], en[200];
  if (k->config.memory || statvfs(k->data_dir, &v)) return;
  int64_t free = (int64_t)v.f_bavail * (int64_t)v.f_frsize, wal = size_of(k->path, "-wal");
  fq_json *o = fq_json_object();
  fq_json_set_int(o, "free", free);
  fq_json_set_int(o, "size", (int64_t)v.f_blocks * (int64_t)v.f_frsize);
  fq_json_set_int(o, "database", size_of(k->path, ""));
  fq_json_set_int(o, "wal", wal);
  fq_json_set(out, "disk", o);
  if ((double)free < 1024 * MIB) {
    snprintf(zh, sizeof zh, "磁盘只剩 %.0f MiB", (double)free / MIB);
    snprintf(en, sizeof en, "%.0f MiB of disk are left", (double)free / MIB);
    find(l, (double)free < 256 * MIB, "disk.low", zh, en, "删去不用的文件或换大磁盘;写满后不能再受理",
         "remove what is not needed or get a larger disk: when it is full nothing can be accepted");
  }
  if ((double)wal > 512 * MIB) {
    snprintf(zh, sizeof zh, "数据库的写前日志有 %.0f MiB", (double)wal / MIB);
    snprintf(en, sizeof en, "the database's write-ahead log has %.0f MiB", (double)wal / MIB);
    find(l, false, "disk.wal", zh, en, "多因有读取长时间不结束;备份完成后应当变小,否则请重启服务",
         "something reads for very long; it should shrink when a backup is done, otherwise restart the "
         "server");
  }
}

static void backups(fq_db *db, int64_t now, fq_json *out, struct look *l) {
  int64_t last = fq_int(db, 0, "SELECT max(at_ms) FROM backup_run WHERE what = 'copy' AND ok = 1", "");
  bool planned = fq_int(db, 0, "SELECT 1 FROM backup_plan WHERE minute IS NOT NULL", "");
  bool failing =
      fq_int(db, 0, "SELECT ok = 0 FROM backup_run WHERE ended_ms IS NOT NULL ORDER BY n DESC LIMIT 1", "");
  if (last) fq_json_set_time(out, "backup_at", last);
  if (failing)
    find(l, true, "backup.failed", "最近一次备份没有成功", "the last backup went wrong", "在“备份”里看原因",
         "the section Backups says why");
  if (!last)
    find(l, true, "backup.none", "还没有备份", "there is no backup", "在“备份”里立即做一次,并设定每天的时间",
         "make one in the section Backups, and set a time of day");
  else if (now - last > 2 * DAY_MS)
    find(l, true, "backup.old", "最近的备份已超过两天", "the last backup is more than two days old",
         "在“备份”里立即做一次", "make one in the section Backups");
  if (last && !planned)
    find(l, false, "backup.unplanned", "没有设定自动备份", "no backup is made by itself",
         "在“备份”里设定每天的时间", "set a time of day in the section Backups");
}

static void pulse(const struct pulse *p, double recent, fq_json *out, struct look *l) {
  char zh[400], en[400];
  if (!p->at_ms) return;
  fq_json *o = fq_json_object();
  fq_json_set_num(o, "ticks", p->ticks);
  fq_json_set_num(o, "commands", p->commands);
  fq_json_set_num(o, "queries", p->queries);
  fq_json_set_num(o, "refused", p->refused);
  fq_json_set_num(o, "average_ms", p->ticks > 0 ? p->busy_ms / p->ticks : 0);
  fq_json_set_num(o, "slowest_ms", p->slowest_ms);
  fq_json_set_num(o, "minute_ms", recent);
  fq_json_set_int(o, "queued", p->queued);
  fq_json_set(out, "work", o);
  fq_json_set_int(out, "sessions", p->sessions);
  if (p->storage_down) {
    snprintf(zh, sizeof zh, "写不进磁盘,现在只读:%s", p->storage_why);
    snprintf(en, sizeof en, "nothing can be written, read-only: %s", p->storage_why);
    find(l, true, "storage.down", zh, en, "检查磁盘空间和磁盘本身;好了以后会自己恢复",
         "look at the disk and the room on it; it comes back by itself");
  }
  if (p->plugin_says[0]) {
    snprintf(zh, sizeof zh, "插件 %s:%s", p->plugin, p->plugin_says);
    snprintf(en, sizeof en, "plugin %s: %s", p->plugin, p->plugin_says);
    find(l, true, "plugin.ill", zh, en, "看服务器的日志", "look at the server's log");
  }
  if (recent > 1000) {
    snprintf(zh, sizeof zh, "最近一分钟里有一次处理用了 %.1f 秒", recent / 1000);
    snprintf(en, sizeof en, "in the last minute one turn took %.1f seconds", recent / 1000);
    find(l, false, "work.slow", zh, en, "用 fengqiao doctor 看落盘速度", "fengqiao doctor measures the disk");
  }
  if (p->failing) {
    snprintf(zh, sizeof zh, "%d 条消息发不出去", p->failing);
    snprintf(en, sizeof en, "%d messages cannot leave", p->failing);
    find(l, false, "outbox.failing", zh, en, "在“渠道”里看原因", "the section Channels says why");
  }
  if (p->skewed) {
    snprintf(zh, sizeof zh, "%lld 台终端的时钟差两分钟以上", (long long)p->skewed);
    snprintf(en, sizeof en, "the clocks of %lld terminals are wrong by more than two minutes",
             (long long)p->skewed);
    find(l, false, "device.clock", zh, en, "在“终端”里看是哪些,请机主打开自动校时",
         "the section Devices says which; their owners should set the time automatically");
  }
}

static enum fq_status status(struct fq_query *q) {
  fq_kernel *k = q->self;
  struct health *h = k->health;
  struct look l = {fq_json_array()};
  fq_json_set_str(q->result, "version", PACKAGE_VERSION);
  fq_json_set_str(q->result, "epoch", k->epoch);
  fq_json_set_int(q->result, "head", q->head);
  fq_json_set_time(q->result, "time", q->now_ms);
  fq_json_set_int(q->result, "timers", fq_int(q->db, 0, "SELECT count(*) FROM timer", ""));
  fq_json_set_int(q->result, "accounts", fq_int(q->db, 0, "SELECT count(*) FROM account", ""));
  fq_json_set_int(q->result, "units", fq_int(q->db, 0, "SELECT count(*) FROM org", ""));
  fq_json_set_int(q->result, "outbox", fq_int(q->db, 0, "SELECT count(*) FROM outbox", ""));
  fq_json_set_int(q->result, "readers", k->config.readers);
  if (h) {
    pthread_mutex_lock(&h->lock);
    struct pulse p = h->now;
    double recent = 0;
    for (int i = 0; i < TICKS_KEPT; i++)
      if (h->recent[i] > recent) recent = h->recent[i];
    pthread_mutex_unlock(&h->lock);
    fq_json_set_time(q->result, "started_at", h->started_ms);
    pulse(&p, recent, q->result, &l);
  }
  disk(k, q->result, &l);
  backups(q->db, q->now_ms, q->result, &l);
  fq_json_set(q->result, "findings", l.found);
  return FQ_OK;
}

static const struct fq_method methods[] = {
    {.name = "server.status",
     .roles = FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT | FQ_ROLE_DESK,
     .query = status,
     .zh = "服务器状态",
     .en = "the server's state: what is wrong, in words, with what to do",
     .result =
         "{version, epoch, head: number, time, started_at?, timers: number, accounts: number, units: number, "
         "outbox: number, readers: number, sessions?: number, work?: {ticks: number, commands: number, "
         "queries: "
         "number, refused: number, average_ms: number, slowest_ms: number, minute_ms: number, queued: "
         "number}, "
         "disk?: {free: number, size: number, database: number, wal: number}, backup_at?, findings: [{bad: "
         "boolean, code, zh, en, do_zh, do_en}]}"},
    {0}};

static enum fq_status start(void *self, fq_kernel *k, struct fq_error *e) {
  k->health = fq_alloc(sizeof *k->health);
  pthread_mutex_init(&k->health->lock, NULL);
  k->health->started_ms = fq_clock_ms(&k->clock);
  k->health->alarm = fq_alarm_new(k->loop, beat, k);
  fq_alarm_in(k->health->alarm, 0); /* when all modules have started */
  return FQ_OK;
}

static void fini(void *self) {
  fq_kernel *k = self;
  if (!k->health) return;
  fq_alarm_free(k->health->alarm);
  pthread_mutex_destroy(&k->health->lock);
  free(k->health);
  k->health = NULL;
}

const struct fq_plugin fq_health_module = {FQ_PLUGIN_HEAD, .name = "health",   .version = "1", .zh = "体检",
                                           .en = "health", .methods = methods, .start = start, .fini = fini};
