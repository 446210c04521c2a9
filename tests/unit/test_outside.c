/* What a module has outside of ticks, on the real kernel: alarms, processes beside the server (this program
 * started again plays them), commands of its own, the sessions it talks to, guests, files that become blobs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "kernel/kernel.h"
#include "loop/loop.h"

/* A sanitizer, which is in the children too, reserves terabytes of addresses. */
#define ADDRESSES (INT64_C(1) << 30)
#if defined(__SANITIZE_ADDRESS__)
#define ADDRESSES_ARE_FREE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESSES_ARE_FREE 1
#endif
#endif
#ifdef ADDRESSES_ARE_FREE
#undef ADDRESSES
#define ADDRESSES (INT64_C(1) << 46)
#endif

#define T0   1795000000000LL
#define SELF "/proc/self/exe"

/* ---- the module -------------------------------------------------------------------------------------- */

struct probe {
  char heard[2048];      /* what was called, in order */
  char sid[32];          /* of the last call */
  char guest[FQ_ID_MAX]; /* who "g.open" is */
  uint32_t roles;
  int64_t until_ms;
};
static struct probe probe;

static void note(const char *text) {
  strncat(probe.heard, text, sizeof probe.heard - strlen(probe.heard) - 2);
  strcat(probe.heard, "\n");
}

static enum fq_status apply(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "INSERT INTO probe(n, text) VALUES(?, ?)", "is", e->seq, fq_json_str(e->data, "text"));
  return FQ_OK;
}

static enum fq_status put(struct fq_call *c) {
  fq_copy(probe.sid, sizeof probe.sid, c->session ? c->session : "NULL");
  if (!strcmp(fq_json_str(c->params, "text"), "no"))
    return fq_fail(c->error, FQ_E_CONFLICT, "probe.no", "", "不", "no");
  return fq_emit(c, (struct fq_draft){.kind = "probe.put", .data = fq_json_dup(c->params)});
}

static enum fq_status put_twice(struct fq_call *c) {
  fq_json *p = fq_json_object();
  fq_json_set_str(p, "text", "inner");
  return fq_call_method(c, "probe.put", p, NULL);
}

static enum fq_status drop_blob(struct fq_call *c) {
  return fq_call_method(c, "blob.remove", fq_json_dup(c->params), NULL);
}

static void session_gone(void *self, const char *session, const char *user) {
  note(user);
  assert_true(session[0] != '\0');
}

static bool guest(void *self, fq_db *db, const char *token, int64_t now_ms, struct fq_guest *out) {
  if (strcmp(token, "g.open") != 0) return false;
  fq_copy(out->user, sizeof out->user, probe.guest);
  fq_copy(out->org, sizeof out->org, "c");
  out->roles = probe.roles;
  out->until_ms = probe.until_ms;
  return true;
}

static const char *const migrations[] = {"CREATE TABLE probe(n INTEGER PRIMARY KEY, text TEXT)", NULL};
static const struct fq_kind kinds[] = {{.name = "probe.put", .apply = apply}, {0}};
static const struct fq_param text_params[] = {{.name = "text", .type = FQ_T_STRING, .required = true}, {0}};
static const struct fq_param sha_params[] = {
    {.name = "sha256", .type = FQ_T_STRING, .required = true, .min = 64, .max = 64}, {0}};
static const struct fq_method methods[] = {
    {.name = "probe.say", .roles = FQ_ROLE_FAMILY | FQ_ROLE_DESK, .params = text_params, .run = put},
    {.name = "probe.desk", .roles = FQ_ROLE_DESK, .params = text_params, .run = put},
    {.name = "probe.put", .flags = FQ_INTERNAL, .params = text_params, .run = put},
    {.name = "probe.outer", .roles = FQ_ROLE_DESK, .run = put_twice},
    {.name = "probe.drop", .flags = FQ_INTERNAL, .params = sha_params, .run = drop_blob},
    {0}};
/* The hooks stand in a part, as a large plugin has them. */
static const struct fq_plugin part = {FQ_PLUGIN_HEAD, .name = "probe.part", .session_gone = session_gone,
                                      .guest = guest};
static const struct fq_plugin *const parts[] = {&part, NULL};
static const struct fq_plugin table = {FQ_PLUGIN_HEAD, .name = "probe",    .migrations = migrations,
                                       .kinds = kinds, .methods = methods, .parts = parts};

static char dir[64];

/* In memory on a fake clock, or in a directory on the real one. */
static fq_kernel *open_kernel(bool real) {
  struct fq_error e = {0};
  struct fq_kernel_config config = {.memory = !real, .fake_clock = !real, .readers = real, .helpers = real};
  memset(&probe, 0, sizeof probe);
  if (real) {
    snprintf(dir, sizeof dir, "/tmp/fengqiao-outside-XXXXXX");
    assert_non_null(mkdtemp(dir));
    config.data_dir = dir;
  }
  fq_kernel *k = fq_kernel_open(&config, &e);
  if (!k) fail_msg("%s", e.en);
  assert_int_equal(fq_kernel_add(k, &table, &probe, &e), FQ_OK);
  if (fq_kernel_boot(k, &e)) fail_msg("%s", e.en);
  if (!real) fq_kernel_set_time(k, T0);
  if (fq_kernel_start(k, &e)) fail_msg("%s", e.en);
  return k;
}

static void close_kernel(fq_kernel *k, bool real) {
  char command[100];
  fq_kernel_close(k);
  snprintf(command, sizeof command, "rm -rf %s", dir);
  if (real) assert_int_equal(system(command), 0);
}

static enum fq_status call(fq_kernel *k, const char *method, const char *json, fq_json **result) {
  struct fq_error e = {0};
  return fq_kernel_call(k, NULL, method, fq_json_parse(json, strlen(json), NULL), result, &e);
}

static int64_t rows(fq_kernel *k, const char *text) {
  return fq_int(fq_kernel_db(k), 0, "SELECT count(*) FROM probe WHERE text = ?", "s", text);
}

/* ---- alarms and commands ----------------------------------------------------------------------------- */

static void ring(fq_kernel *k, void *arg) {
  note(arg);
}

static void told(fq_kernel *k, void *arg, const fq_json *result, const struct fq_error *error) {
  assert_true((result != NULL) != (error != NULL));
  note(error ? error->code : fq_json_int(result, "n", 0) > 0 ? "done" : "no n");
}

static fq_json *text_of(const char *text) {
  fq_json *p = fq_json_object();
  fq_json_set_str(p, "text", text);
  return p;
}

static void ring_and_put(fq_kernel *k, void *arg) {
  fq_command(k, "probe.put", text_of(arg), told, NULL);
  note(arg);
}

static void alarms_in_order(void **s) {
  struct fq_error e = {0};
  fq_kernel *k = open_kernel(false);
  fq_after_ms(k, 5000, ring, (void *)(uintptr_t) "five");
  fq_after *never = fq_after_ms(k, 3000, ring, (void *)(uintptr_t) "never");
  fq_after_ms(k, 1000, ring_and_put, (void *)(uintptr_t) "one");
  fq_after_ms(k, 5000, ring, (void *)(uintptr_t) "five too");
  fq_after_cancel(never);
  fq_after_cancel(NULL);
  assert_int_equal(fq_kernel_run_until(k, T0 + 999, &e), FQ_OK);
  assert_string_equal(probe.heard, "");
  assert_int_equal(fq_kernel_run_until(k, T0 + 6000, &e), FQ_OK);
  assert_string_equal(probe.heard, "one\ndone\nfive\nfive too\n");
  assert_int_equal(fq_int(fq_kernel_db(k), 0, "SELECT at_ms FROM journal WHERE kind = 'probe.put'", ""),
                   T0 + 1000);
  fq_after_ms(k, 1000, ring, (void *)(uintptr_t) "left over"); /* the server stops: it never rings */
  close_kernel(k, false);
  assert_null(strstr(probe.heard, "left over"));
}

static void commands_of_its_own(void **s) {
  struct fq_error e = {0};
  fq_kernel *k = open_kernel(false);
  fq_command(k, "probe.put", text_of("a"), told, NULL);
  fq_command(k, "probe.put", text_of("no"), told, NULL);
  fq_command(k, "probe.missing", NULL, told, NULL);
  fq_command(k, "probe.put", fq_json_object(), told, NULL); /* does not fit */
  fq_command(k, "probe.put", text_of("b"), NULL, NULL);
  assert_string_equal(probe.heard, ""); /* nobody is answered before he has asked */
  assert_int_equal(fq_kernel_run_until(k, T0 + 1, &e), FQ_OK);
  fq_loop_step(fq_kernel_loop(k));
  assert_string_equal(probe.heard, "done\nprobe.no\nmethod.unknown\nparams.missing\n");
  assert_int_equal(rows(k, "a") + rows(k, "b"), 2);
  assert_int_equal(fq_int(fq_kernel_db(k), 0,
                          "SELECT count(*) FROM journal WHERE actor = 'system' AND kind = 'probe.put'", ""),
                   2);
  close_kernel(k, false);
}

/* On the real clock the loop rings. */
static void stop_loop(fq_kernel *k, void *arg) {
  note("rung");
  fq_kernel_stop(k);
}

static void alarm_of_the_loop(void **s) {
  fq_kernel *k = open_kernel(true);
  fq_after_cancel(fq_after_ms(k, 1, ring, (void *)(uintptr_t) "cancelled"));
  fq_after_ms(k, 30, stop_loop, NULL);
  fq_kernel_run(k);
  assert_string_equal(probe.heard, "rung\n");
  close_kernel(k, true);
}

/* ---- sessions ---------------------------------------------------------------------------------------- */

struct peer {
  char heard[1024];
  int closed;
  char reason[80];
};

static void on_event(void *peer, struct fq_event *e, int64_t previous) {}
static void on_signal(void *peer, const char *topic, const char *key, const char *json) {
  struct peer *p = peer;
  size_t n = strlen(p->heard);
  snprintf(p->heard + n, sizeof p->heard - n, "%s|%s|%s\n", topic, key, json);
}
static void on_close(void *peer, int code, const char *reason) {
  struct peer *p = peer;
  p->closed = code;
  snprintf(p->reason, sizeof p->reason, "%s", reason);
}
static const struct fq_transport transport = {.event = on_event, .signal = on_signal, .close = on_close};

struct asked {
  struct fq_request r; /* first */
  bool answered;
};
static void on_reply(struct fq_request *r) {
  ((struct asked *)r)->answered = true;
}

/* One request of a transport's; what it answers is the caller's to free by forget(). */
static struct asked ask(fq_kernel *k, fq_session *session, const char *token, struct peer *peer,
                        const char *method, const char *json) {
  struct fq_error e = {0};
  struct asked a = {.r = {.session = session,
                          .reply = on_reply,
                          .transport = peer ? &transport : NULL,
                          .peer = peer,
                          .params = fq_json_parse(json, strlen(json), NULL)}};
  fq_copy(a.r.method, sizeof a.r.method, method);
  fq_copy(a.r.token, sizeof a.r.token, token ? token : "");
  fq_submit(k, &a.r);
  if (!a.answered) fq_kernel_run_until(k, fq_now_ms(k), &e);
  assert_true(a.answered);
  return a;
}
static void forget(struct asked *a) {
  fq_json_free(a->r.params);
  fq_json_free(a->r.result);
  free(a->r.result_text);
}

static void county(fq_kernel *k) {
  assert_int_equal(
      call(k, "org.import", "{\"units\":[{\"id\":\"c\",\"kind\":\"county\",\"name\":\"县\"}]}", NULL), 0);
  assert_int_equal(call(k, "user.add",
                        "{\"name\":\"zhang\",\"display\":\"张\",\"roles\":[\"dispatcher\"],\"org\":\"c\"}",
                        NULL),
                   0);
}

static fq_session *open_guest(fq_kernel *k, struct peer *peer, enum fq_status want) {
  struct asked a = ask(k, NULL, NULL, peer, "session.open", "{\"token\":\"g.open\",\"device\":\"d\"}");
  fq_session *s = a.r.opened;
  if (a.r.error.status != want) fail_msg("%d %s", a.r.error.status, a.r.error.en);
  forget(&a);
  return s;
}

static void guests(void **s) {
  fq_kernel *k = open_kernel(false);
  struct peer peer = {0};
  struct fq_actor actor;
  struct asked a;
  county(k);
  /* whom a plugin names is looked at */
  static const struct {
    const char *name;
    uint32_t roles;
    int64_t until_ms;
  } wrong[] = {{"zhang", FQ_ROLE_FAMILY, T0 + 1000},
               {"system", FQ_ROLE_FAMILY, T0 + 1000},
               {"public", FQ_ROLE_FAMILY, T0 + 1000},
               {"a b", FQ_ROLE_FAMILY, T0 + 1000},
               {"guest-1", FQ_ROLE_ADMIN_SYSTEM, T0 + 1000},
               {"guest-1", FQ_ROLE_FAMILY | FQ_ROLE_SERVICE, T0 + 1000},
               {"guest-1", 0, T0 + 1000},
               {"guest-1", FQ_ROLE_FAMILY, T0}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    fq_copy(probe.guest, sizeof probe.guest, wrong[i].name);
    probe.roles = wrong[i].roles;
    probe.until_ms = wrong[i].until_ms;
    open_guest(k, &peer, FQ_E_SIGNED_OUT);
  }
  fq_copy(probe.guest, sizeof probe.guest, "guest-1");
  probe.roles = FQ_ROLE_FAMILY;
  probe.until_ms = T0 + 60000;
  fq_session *session = open_guest(k, &peer, FQ_OK);
  assert_non_null(session);
  /* rights like any actor's, and a name that the journal keeps */
  a = ask(k, session, NULL, &peer, "probe.say", "{\"text\":\"hello\"}");
  assert_int_equal(a.r.error.status, FQ_OK);
  forget(&a);
  a = ask(k, session, NULL, &peer, "probe.desk", "{\"text\":\"hello\"}");
  assert_string_equal(a.r.error.code, "role");
  forget(&a);
  assert_int_equal(fq_int(fq_kernel_db(k), 0, "SELECT count(*) FROM journal WHERE actor = 'guest-1'", ""), 1);
  /* as a bearer over HTTP, but nothing to be left on the disk */
  a = ask(k, NULL, "g.open", NULL, "probe.say", "{\"text\":\"by http\"}");
  assert_int_equal(a.r.error.status, FQ_OK);
  forget(&a);
  assert_true(fq_token_actor(k, "g.open", &actor));
  assert_string_equal(actor.name, "guest-1");
  assert_false(fq_blob_may_write(k, "g.open", "00", 1));
  assert_false(fq_token_actor(k, "g.other", &actor));
  /* ended by the plugin */
  fq_guest_end(k, "guest-1");
  assert_int_equal(peer.closed, 4001);
  fq_loop_step(fq_kernel_loop(k));
  assert_string_equal(probe.heard, "guest-1\n");
  /* ... and by the time it was given */
  struct peer later = {0};
  assert_non_null(open_guest(k, &later, FQ_OK));
  fq_kernel_set_time(k, T0 + 60001);
  open_guest(k, &peer, FQ_E_SIGNED_OUT);
  fq_command(k, "probe.put", text_of("tick"), NULL, NULL);
  for (int i = 0; i < 3; i++)
    fq_loop_step(fq_kernel_loop(k));
  assert_int_equal(later.closed, 4001);
  close_kernel(k, false);
}

static void telling(void **s) {
  fq_kernel *k = open_kernel(false);
  struct peer one = {0}, two = {0};
  county(k);
  fq_copy(probe.guest, sizeof probe.guest, "guest-1");
  probe.roles = FQ_ROLE_FAMILY;
  probe.until_ms = T0 + 60000;
  fq_session *a = open_guest(k, &one, FQ_OK);
  struct asked said = ask(k, a, NULL, &one, "probe.say", "{\"text\":\"hi\"}");
  char sid[32];
  fq_copy(sid, sizeof sid, probe.sid); /* the call knows its session */
  assert_true(strlen(sid) > 10);
  forget(&said);
  assert_true(fq_tell(k, sid, "leg", text_of("1")));
  assert_true(fq_tell(k, sid, "leg", text_of("2")));
  assert_string_equal(one.heard, "leg||{\"text\":\"1\"}\nleg||{\"text\":\"2\"}\n");
  assert_false(fq_tell(k, "no such", "leg", text_of("3")));
  assert_false(fq_tell(k, "", "leg", text_of("3")));
  /* without a session, or inside another call */
  assert_int_equal(call(k, "probe.say", "{\"text\":\"x\"}", NULL), FQ_OK);
  assert_string_equal(probe.sid, "");
  said = ask(k, NULL, "g.open", NULL, "probe.say", "{\"text\":\"x\"}");
  assert_string_equal(probe.sid, "");
  forget(&said);
  /* the same device again: the session before is gone, and the plugin hears of it */
  open_guest(k, &two, FQ_OK);
  assert_int_equal(one.closed, 4010);
  assert_false(fq_tell(k, sid, "leg", text_of("4")));
  assert_string_equal(probe.heard, "");
  fq_loop_step(fq_kernel_loop(k)); /* from the loop, never inside what ended it */
  assert_string_equal(probe.heard, "guest-1\n");
  close_kernel(k, false);
  assert_string_equal(probe.heard, "guest-1\n"); /* not when the server stops */
}

/* What was asked by a session that is over when its turn comes has no session: nothing is bound to a corpse.
 */
static void over_before_its_turn(void **s) {
  fq_kernel *k = open_kernel(false);
  struct peer one = {0};
  struct fq_error e = {0};
  county(k);
  fq_copy(probe.guest, sizeof probe.guest, "guest-1");
  probe.roles = FQ_ROLE_FAMILY;
  probe.until_ms = T0 + 60000;
  fq_session *session = open_guest(k, &one, FQ_OK);
  struct asked a = {.r = {.session = session,
                          .reply = on_reply,
                          .transport = &transport,
                          .peer = &one,
                          .params = text_of("late")}};
  fq_copy(a.r.method, sizeof a.r.method, "probe.say");
  fq_submit(k, &a.r);
  fq_guest_end(k, "guest-1");
  fq_kernel_run_until(k, T0 + 1, &e);
  assert_true(a.answered);
  assert_int_equal(a.r.error.status, FQ_OK);
  assert_string_equal(probe.sid, "");
  forget(&a);
  close_kernel(k, false);
}

/* ---- processes: the child's side ---------------------------------------------------------------------- */

static int open_descriptors(void) {
  int n = 0;
  DIR *d = opendir("/proc/self/fd");
  for (struct dirent *e; d && (e = readdir(d));)
    n += e->d_name[0] != '.' && atoi(e->d_name) != dirfd(d);
  if (d) closedir(d);
  return n;
}

static void spawn_sleeper(fq_kernel *k);

static int act(const char *what) {
  if (!strcmp(what, "speak")) {
    char line[64] = "";
    if (!fgets(line, sizeof line, stdin)) strcpy(line, "nothing");
    printf("read %s\nfirst\n\nsecond\rthird\r\nbad \xff\x01 bytes\nhalf", line);
    fprintf(stderr, "complaint\n");
    return 7;
  }
  if (!strcmp(what, "about")) {
    char cwd[256] = "";
    struct rlimit as, file, core;
    getrlimit(RLIMIT_AS, &as);
    getrlimit(RLIMIT_FSIZE, &file);
    getrlimit(RLIMIT_CORE, &core);
    printf("%d descriptors\n%s home\n%d leads\n%d nice\n%lld as\n%lld file\n%lld core\n%d uid\n%d groups\n%d "
           "nnp\n%s\n",
           open_descriptors(), getenv("HOME") ? "a" : "no", getsid(0) == getpid(),
           getpriority(PRIO_PROCESS, 0), (long long)as.rlim_cur, (long long)file.rlim_cur,
           (long long)core.rlim_cur, (int)getuid(), getgroups(0, NULL),
           prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), getcwd(cwd, sizeof cwd));
    FILE *f = fopen("mine", "r"), *made = fopen("made", "w");
    printf("%s %s\n", f ? "read" : "not read", made ? "made" : "not made");
    printf("%s\n", setuid(0) == 0 ? "root" : "never root");
    return 0;
  }
  if (!strcmp(what, "stubborn")) signal(SIGTERM, SIG_IGN);
  if (!strcmp(what, "family")) {
    pid_t other = fork();
    if (!other) signal(SIGTERM, SIG_IGN);
    if (other) printf("%d\n", (int)other);
  }
  if (!strcmp(what, "flood"))
    for (int i = 0; i < 200000; i++)
      puts("0123456789012345678901234567890123456789");
  if (!strcmp(what, "flood")) return 0;
  if (!strcmp(what, "server")) { /* with a child of its own */
    fq_kernel *k = open_kernel(false);
    spawn_sleeper(k);
    fq_kernel_run(k);
  }
  puts("ready");
  fflush(stdout);
  for (;;)
    pause();
}

/* ---- ours -------------------------------------------------------------------------------------------- */

struct watched {
  char out[4096], err[512];
  long lines;
  int code, signal, ended, pid;
  const char *stop_at; /* a line at which the loop is left */
};

static void on_line(fq_kernel *k, void *arg, bool error, const char *text) {
  struct watched *w = arg;
  char *into = error ? w->err : w->out;
  size_t cap = error ? sizeof w->err : sizeof w->out;
  w->lines++;
  if (strlen(into) + strlen(text) + 2 < cap) strcat(strcat(into, text), "|");
  if (!error && strspn(text, "0123456789") == strlen(text)) w->pid = atoi(text);
  if (w->stop_at && !strcmp(text, w->stop_at)) fq_kernel_stop(k);
}

static void on_end(fq_kernel *k, void *arg, int code, int signal) {
  struct watched *w = arg;
  w->code = code;
  w->signal = signal;
  w->ended++;
  fq_kernel_stop(k);
}

static fq_process *play(fq_kernel *k, const char *what, struct watched *w, struct fq_process_spec spec) {
  struct fq_error e = {0};
  const char *argv[] = {SELF, what, NULL};
  spec.argv = argv;
  spec.line = on_line;
  spec.ended = on_end;
  spec.arg = w;
  fq_process *p = fq_process_start(k, &spec, &e);
  if (!p) fail_msg("%s", e.en);
  assert_true(fq_process_pid(p) > 1);
  return p;
}

static bool runs(int pid) {
  char path[64], text[256] = "", *at;
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *f = fopen(path, "r");
  if (!f) return false;
  if (!fgets(text, sizeof text, f)) text[0] = '\0';
  fclose(f);
  at = strrchr(text, ')');
  return at && at[2] != 'Z' && at[2] != 'X';
}

static void gone_soon(int pid) {
  for (int i = 0; i < 500 && runs(pid); i++)
    usleep(10000);
  assert_false(runs(pid));
}

static void spawn_sleeper(fq_kernel *k) {
  static const char *const argv[] = {SELF, "sleep", NULL};
  struct fq_error e = {0};
  fq_process *p = fq_process_start(k, &(struct fq_process_spec){.argv = argv}, &e);
  printf("%d\n", fq_process_pid(p));
  puts("ready");
  fflush(stdout);
}

static void lines_and_code(void **s) {
  fq_kernel *k = open_kernel(true);
  struct watched w = {0};
  play(k, "speak", &w, (struct fq_process_spec){.input = "words"});
  fq_kernel_run(k);
  assert_string_equal(w.out, "read words|first|second|third|bad ?  bytes|half|");
  assert_string_equal(w.err, "complaint|");
  assert_int_equal(w.code, 7);
  assert_int_equal(w.signal, 0);
  assert_int_equal(w.ended, 1);
  w = (struct watched){0};
  play(k, "speak", &w, (struct fq_process_spec){0});
  fq_kernel_run(k);
  assert_non_null(strstr(w.out, "read nothing|"));
  close_kernel(k, true);
}

static void nothing_of_ours(void **s) {
  fq_kernel *k = open_kernel(true);
  struct watched w = {0};
  static const char *const env[] = {"HOME=/", NULL};
  char wanted[600];
  int leak = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */
  setenv("HOME", "/secret", 1);
  play(k, "about", &w, (struct fq_process_spec){.memory_bytes = ADDRESSES, .file_bytes = 4096, .nice = 5});
  fq_kernel_run(k);
  snprintf(wanted, sizeof wanted, "3 descriptors|no home|1 leads|5 nice|%lld as|4096 file|0 core|%d uid|",
           (long long)ADDRESSES, (int)getuid());
  assert_int_equal(strncmp(w.out, wanted, strlen(wanted)), 0);
  assert_non_null(strstr(w.out, "|0 nnp|"));
  assert_non_null(strstr(w.out, dir)); /* the data directory */
  w = (struct watched){0};
  play(k, "about", &w, (struct fq_process_spec){.env = env, .dir = "/tmp"});
  fq_kernel_run(k);
  assert_non_null(strstr(w.out, "|a home|"));
  assert_non_null(strstr(w.out, "|/tmp|"));
  close(leak);
  unlink("/tmp/made");
  close_kernel(k, true);
}

/* Under root it is nobody, in a directory of his; what somebody has linked there stays whose it is. */
static void unprivileged(void **s) {
  fq_kernel *k = open_kernel(true);
  struct watched w = {0};
  char path[200], mine[220], linked[220], victim[220];
  struct stat st;
  snprintf(path, sizeof path, "%s/media", dir);
  snprintf(mine, sizeof mine, "%s/mine", path);
  snprintf(linked, sizeof linked, "%s/linked", path);
  snprintf(victim, sizeof victim, "%s/victim", dir);
  assert_int_equal(mkdir(path, 0700), 0);
  close(open(mine, O_CREAT | O_WRONLY, 0600));
  close(open(victim, O_CREAT | O_WRONLY, 0600));
  assert_int_equal(symlink(victim, linked), 0);
  play(k, "about", &w, (struct fq_process_spec){.dir = path, .unprivileged = true});
  fq_kernel_run(k);
  assert_non_null(strstr(w.out, "|1 nnp|"));
  assert_non_null(strstr(w.out, "|read made|"));
  assert_int_equal(w.code, 0);
  if (geteuid() == 0) {
    assert_non_null(strstr(w.out, "|65534 uid|0 groups|"));
    assert_non_null(strstr(w.out, "|never root|"));
    assert_int_equal(stat(victim, &st), 0);
    assert_int_equal(st.st_uid, 0);
  } else
    print_message("not root: nobody to become\n");
  close_kernel(k, true);
}

static void ending(void **s) {
  fq_kernel *k = open_kernel(true);
  struct watched w = {.stop_at = "ready"};
  fq_process *p = play(k, "wait", &w, (struct fq_process_spec){0});
  fq_kernel_run(k);
  fq_process_end(p, 60000);
  assert_int_equal(w.ended, 0);
  fq_kernel_run(k);
  assert_int_equal(w.signal, SIGTERM);
  assert_int_equal(w.code, 0);
  /* one that will not hear is killed after the grace */
  w = (struct watched){.stop_at = "ready"};
  p = play(k, "stubborn", &w, (struct fq_process_spec){0});
  fq_kernel_run(k);
  fq_process_end(p, 50);
  fq_kernel_run(k);
  assert_int_equal(w.signal, SIGKILL);
  /* or at once */
  w = (struct watched){.stop_at = "ready"};
  p = play(k, "stubborn", &w, (struct fq_process_spec){0});
  fq_kernel_run(k);
  fq_process_end(p, 60000);
  fq_process_end(p, 0);
  fq_kernel_run(k);
  assert_int_equal(w.signal, SIGKILL);
  fq_process_end(NULL, 0);
  assert_int_equal(fq_process_pid(NULL), 0);
  close_kernel(k, true);
}

/* What it has started goes with it, also what would not go by itself. */
static void session_goes(void **s) {
  fq_kernel *k = open_kernel(true);
  struct watched w = {.stop_at = "ready"};
  fq_process *p = play(k, "family", &w, (struct fq_process_spec){0});
  fq_kernel_run(k);
  while (!w.pid)
    fq_loop_wait(fq_kernel_loop(k));
  assert_true(runs(w.pid));
  kill(fq_process_pid(p), SIGKILL); /* by somebody else */
  while (!w.ended)
    fq_kernel_run(k);
  assert_int_equal(w.signal, SIGKILL);
  gone_soon(w.pid);
  close_kernel(k, true);
}

static void flood(void **s) {
  fq_kernel *k = open_kernel(true);
  struct watched w = {0};
  play(k, "flood", &w, (struct fq_process_spec){0});
  fq_after_ms(k, 0, ring, (void *)(uintptr_t) "heard meanwhile"); /* others have their turn */
  fq_kernel_run(k);
  assert_int_equal(w.lines, 200000);
  assert_string_equal(probe.heard, "heard meanwhile\n");
  close_kernel(k, true);
}

static void cannot_start(void **s) {
  fq_kernel *k = open_kernel(true);
  static const char *const none[] = {"/no/such/program", NULL};
  static const char *const self[] = {SELF, "wait", NULL};
  struct fq_error e = {0};
  struct watched w = {0};
  assert_null(fq_process_start(
      k, &(struct fq_process_spec){.argv = none, .line = on_line, .ended = on_end, .arg = &w}, &e));
  assert_string_equal(e.code, "process.start");
  assert_non_null(strstr(e.zh, "/no/such/program"));
  assert_non_null(strstr(e.en, "No such file"));
  assert_null(fq_process_start(k, &(struct fq_process_spec){.argv = self, .dir = "/no/such/dir"}, &e));
  assert_non_null(strstr(e.en, "No such file"));
  assert_int_equal(w.ended, 0); /* what has not begun does not end */
  assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
  close_kernel(k, true);
}

/* The server stops: those that hear end by themselves, the others are killed; each is told. */
static void server_stops(void **s) {
  fq_kernel *k = open_kernel(true);
  struct watched polite = {.stop_at = "ready"}, stubborn = {.stop_at = "ready"};
  play(k, "wait", &polite, (struct fq_process_spec){0});
  fq_kernel_run(k);
  play(k, "stubborn", &stubborn, (struct fq_process_spec){0});
  fq_kernel_run(k);
  close_kernel(k, true);
  assert_int_equal(polite.signal, SIGTERM);
  assert_int_equal(stubborn.signal, SIGKILL);
  assert_int_equal(polite.ended + stubborn.ended, 2);
}

/* It dies: what it had started dies as well. */
static void server_dies(void **s) {
  fq_kernel *k = open_kernel(true);
  struct watched w = {.stop_at = "ready"};
  fq_process *server = play(k, "server", &w, (struct fq_process_spec){0});
  fq_kernel_run(k);
  assert_true(w.pid > 1 && runs(w.pid));
  kill(fq_process_pid(server), SIGKILL);
  gone_soon(w.pid);
  while (!w.ended)
    fq_kernel_run(k);
  close_kernel(k, true);
}

/* ---- files that become blobs --------------------------------------------------------------------------- */

static void adopted(void **s) {
  fq_kernel *k = open_kernel(true);
  struct fq_error e = {0};
  struct stat st;
  char path[200], hex[65], sha[65], params[120], stored[300];
  int64_t size = 0;
  fq_json *result = NULL;
  snprintf(path, sizeof path, "%s/made.webm", dir);
  FILE *f = fopen(path, "w");
  fwrite("\x1A\x45\xDF\xA3 a recording", 1, 17, f);
  fclose(f);
  chmod(path, 0644);
  if (geteuid() == 0) assert_int_equal(chown(path, 65534, 65534), 0);
  assert_true(fq_sha256_file(path, hex));
  assert_int_equal(fq_blob_adopt(dir, path, sha, &size, &e), FQ_OK);
  assert_string_equal(sha, hex);
  assert_int_equal(size, 17);
  assert_int_equal(access(path, F_OK), -1);
  snprintf(stored, sizeof stored, "%s/blobs/%.2s/%s", dir, sha, sha);
  assert_int_equal(stat(stored, &st), 0);
  assert_int_equal(st.st_mode & 0777, 0600);
  assert_true(fq_blob_intact(dir, sha));
  sha[0] = sha[0] == '0' ? '1' : '0';
  assert_false(fq_blob_intact(dir, sha)); /* there is none */
  memcpy(sha, hex, sizeof sha);
  assert_int_equal(st.st_uid, geteuid());
  snprintf(params, sizeof params, "{\"sha256\":\"%s\"}", sha);
  assert_int_equal(call(k, "blob.commit", params, &result), FQ_OK);
  assert_string_equal(fq_json_str(result, "type"), "video/webm");
  assert_int_equal(fq_json_int(result, "size", 0), 17);
  fq_json_free(result);
  /* taken away again: the row, then the file */
  assert_int_equal(call(k, "probe.drop", params, NULL), FQ_OK);
  assert_int_equal(call(k, "blob.get", params, NULL), FQ_E_NOT_FOUND);
  for (int i = 0; i < 200 && !access(stored, F_OK); i++)
    fq_loop_wait(fq_kernel_loop(k));
  assert_int_equal(access(stored, F_OK), -1);
  assert_int_equal(fq_int(fq_kernel_db(k), 0, "SELECT count(*) FROM journal WHERE kind = 'blob.removed'", ""),
                   1);
  /* what is no file */
  assert_int_equal(fq_blob_adopt(dir, dir, sha, &size, &e), FQ_E_STORAGE);
  assert_int_equal(fq_blob_adopt(dir, path, sha, &size, &e), FQ_E_STORAGE);
  assert_int_equal(symlink("/etc/passwd", path), 0);
  assert_int_equal(fq_blob_adopt(dir, path, sha, &size, &e), FQ_E_STORAGE);
  close_kernel(k, true);
}

static void words(void **s) {
  char mac[29], a[23], b[23];
  fq_hmac_sha1("Jefe", "what do ya want for nothing?", mac); /* RFC 2202, case 2 */
  assert_string_equal(mac, "7/zfauXrL6LSdBbV8YTfnCWafHk=");
  fq_random_text(a, 22);
  fq_random_text(b, 22);
  assert_int_equal(strlen(a), 22);
  assert_int_equal(strspn(a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), 22);
  assert_string_not_equal(a, b);
}

int main(int argc, char **argv) {
  if (argc > 1) return act(argv[1]);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(alarms_in_order),
      cmocka_unit_test(commands_of_its_own),
      cmocka_unit_test(alarm_of_the_loop),
      cmocka_unit_test(guests),
      cmocka_unit_test(telling),
      cmocka_unit_test(over_before_its_turn),
      cmocka_unit_test(lines_and_code),
      cmocka_unit_test(nothing_of_ours),
      cmocka_unit_test(unprivileged),
      cmocka_unit_test(ending),
      cmocka_unit_test(session_goes),
      cmocka_unit_test(flood),
      cmocka_unit_test(cannot_start),
      cmocka_unit_test(server_stops),
      cmocka_unit_test(server_dies),
      cmocka_unit_test(adopted),
      cmocka_unit_test(words),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
