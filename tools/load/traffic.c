/*
 * Reports: when each is due, who makes it, and what becomes of it. Open loop: a report has a moment at which
 * it is due, from a schedule that does not know how the server is doing, and its latency counts from there.
 */
#include <stdlib.h>
#include <string.h>

#include "load.h"

enum { TRACK_US = 30000000, SWEEP_US = 5000000 };

/* An incident from its report to its first task on an officer's socket. What is heard may come before what is
 * answered: they travel on different sockets. */
struct track {
  int64_t born_us, intended_us, task_us;
  struct terminal *reporter;
  bool acked, heard;
};

static struct fq_map *tracks;
static double due_us;
static bool running;
static int *reporters, reporter_count;
static int64_t numbered, stream_from_us;
static bool over;

static struct track *track_of(const char *incident) {
  struct track *k = fq_map_get(tracks, incident);
  if (k) return k;
  k = fq_alloc(sizeof *k);
  k->born_us = net_now_us();
  fq_map_put(&tracks, incident, k);
  return k;
}

static bool unheard(const struct track *k) {
  return k->acked && !k->heard && k->reporter && !k->reporter->skipped;
}

static void sweep(void *arg) {
  int64_t old = net_now_us() - TRACK_US;
  for (struct fq_map *i = tracks, *next; i; i = next) {
    next = fq_map_next(i);
    struct track *k = fq_map_value(i);
    bool done = !unheard(k) && (k->born_us < old || (k->acked && k->task_us));
    if (done) free(fq_map_take(&tracks, fq_map_key(i)));
  }
}

int64_t traffic_unheard(void) {
  int64_t n = 0;
  for (struct fq_map *i = tracks; i; i = fq_map_next(i))
    n += unheard(fq_map_value(i));
  return n;
}

static void report(struct terminal *t, int64_t intended_us);

static void on_answer(struct terminal *t, struct request *r, const fq_json *result, const fq_json *error) {
  int64_t now = net_now_us();
  const char *id = result ? fq_json_str(result, "id") : NULL;
  if (id) {
    stats.acked++;
    if (fq_json_bool(result, "dup", false)) stats.dup++;
    hist_add(&stats.ack, now - r->intended_us);
    ledger_add(r->idem, id, fq_json_int(result, "n", 0));
    struct track *k = track_of(id);
    k->acked = true;
    k->reporter = t;
    k->intended_us = r->intended_us;
    if (k->task_us) hist_add(&stats.task, k->task_us - k->intended_us);
  } else if (error) {
    stats.refused++;
    stats_error(error);
  }
  if (opt.closed && running && (id || error)) report(t, now);
}

void traffic_heard(struct terminal *t, const char *kind, const char *subject, const fq_json *event) {
  const char *actor = fq_json_str(event, "actor");
  if (strcmp(kind, "incident.reported") == 0) {
    if (actor && strcmp(actor, t->account->name) == 0 && (fq_map_get(tracks, subject) || t->queued))
      track_of(subject)->heard = true;
  } else if (strcmp(kind, "task.created") == 0 && t->first) {
    const char *user = fq_json_str(fq_json_get(fq_json_get(event, "data"), "to"), "user");
    if (!user || strcmp(user, t->account->name) != 0) return;
    struct track *k = track_of(subject);
    if (k->task_us) return; /* sent a second time */
    k->task_us = net_now_us();
    if (k->acked) hist_add(&stats.task, k->task_us - k->intended_us);
  }
}

static fq_json *plain_report(const struct terminal *t) {
  static const char *const categories[] = {"fire",  "dispute", "traffic",  "sanitation", "illegal_building",
                                           "flood", "elder",   "security", "utility",    "other"};
  fq_json *p = fq_json_object();
  fq_json_set_str(p, "category", categories[chance_below(10)]);
  fq_json_set_int(p, "level", 2 + chance_below(3));
  fq_json_set_str(p, "title", "巡查发现需要处理的情况");
  fq_json_set_str(p, "grid", t->account->org);
  return p;
}

/* Takes p. */
static void send(struct terminal *t, fq_json *p, int64_t intended_us) {
  char idem[40], now[32];
  if (!p) return;
  idem_new(idem);
  if (!opt.demo) { /* whoever reads the journal can tell which report this was */
    const char *said = fq_json_str(p, "text");
    char *text = fq_printf("%s第 %lld 条 #%s#", said ? said : "", (long long)++numbered, idem);
    fq_json_set_str(p, "text", text);
    free(text);
  }
  /* In the demo it was seen some minutes ago: people look first and report then. */
  bool people = opt.demo || opt.stream;
  fq_time_format(net_wall_ms() - (people ? (int64_t)(chance_human(180000) / opt.pace) : 0), now);
  fq_json_set_str(p, "occurred_at", now);
  fq_json_set_str(p, "idem", idem);
  if (terminal_ask(t, "incident.report", p, true, intended_us, on_answer, NULL)) stats.reports++;
}

static void report(struct terminal *t, int64_t intended_us) {
  send(t, opt.demo ? demo_report(t) : plain_report(t), intended_us);
}

/* In the demo only somebody who is there reports; under load a phone without a connection keeps its report.
 */
static struct terminal *somebody(void) {
  for (int tries = 0; tries < 50; tries++) {
    struct terminal *t = &terminals[reporters[chance_below(reporter_count)]];
    if (t->phase == PHASE_OPEN || (!opt.demo && t->phase != PHASE_DEAD)) return t;
  }
  return NULL;
}

static void send_due(void) {
  double now = (double)net_now_us(), gap = 1e6 / opt.rate;
  while (running && due_us <= now) {
    struct terminal *t = somebody();
    if (t) report(t, (int64_t)due_us);
    if (opt.demo)
      due_us += gap * (2.0 / 3 + chance() * 2 / 3); /* every 4 to 8 s at the usual 6 */
    else
      due_us += opt.poisson ? chance_wait(gap) : gap;
  }
  if (running) net_alarm((int64_t)due_us, send_due);
}

/* Whose grid is nearest, of those that are there. */
static struct terminal *nearest(double lon, double lat) {
  struct terminal *best = NULL;
  double least = 0;
  for (int i = 0; i < reporter_count; i++) {
    struct terminal *t = &terminals[reporters[i]];
    double x, y;
    if (t->phase == PHASE_DEAD || !demo_grid(t->account->org, &x, &y)) continue;
    double m = fq_distance_m(lon, lat, x, y);
    if (best && m >= least) continue;
    best = t;
    least = m;
  }
  return best ? best : somebody();
}

static void send_stream(void) {
  int64_t due = 0;
  while (running && (due = stream_due_us()) >= 0 && stream_from_us + due <= net_now_us()) {
    double lon, lat;
    fq_json *p = stream_next(&lon, &lat), *place = fq_json_object();
    fq_json_set_num(place, "lon", lon);
    fq_json_set_num(place, "lat", lat);
    fq_json_set(p, "place", place);
    struct terminal *t = nearest(lon, lat);
    if (t)
      send(t, p, stream_from_us + due);
    else
      fq_json_free(p);
  }
  over = due < 0;
  if (running && !over) net_alarm(stream_from_us + due, send_stream);
}

bool traffic_over(void) {
  return over;
}

void traffic_start(void) {
  running = true;
  reporters = fq_alloc((size_t)terminal_count * sizeof *reporters);
  for (int pass = 0; pass < 2 && !reporter_count; pass++)
    for (int i = 0; i < terminal_count; i++)
      if (terminals[i].account->role == ROLE_OFFICER || pass) reporters[reporter_count++] = i;
  net_every(SWEEP_US, sweep, NULL);
  if (opt.stream) {
    stream_from_us = net_now_us();
    send_stream();
  } else if (opt.closed) {
    for (int w = 0; w < opt.window; w++)
      for (int i = 0; i < reporter_count; i++)
        report(&terminals[reporters[i]], net_now_us());
  } else if (opt.rate > 0) {
    due_us = (double)net_now_us();
    send_due();
  }
}

void traffic_stop(void) {
  running = false;
}

void traffic_end(void) {
  fq_map_clear(&tracks, free);
  free(reporters);
}
