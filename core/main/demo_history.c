/* The demo county's last hours: see demo_history.h. The same seed lives through the same hours each time. */
#include "main/demo_history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "main/main.h"
#include "store/db.h"

#define MINUTE_MS 60000LL

/* How an incident goes. Most go well; the others are what the clocks and the ladder are for. */
enum fate { DILIGENT, SILENT, SLOW, DECLINES };

struct person {
  char name[FQ_ID_MAX], org[FQ_ID_MAX];
  double lon, lat;
};

struct story {
  char id[FQ_ID_MAX];
  enum fate fate;
  int step;
  int64_t next_ms;
  const struct person *out; /* who is out there with `task`, and when he next says that he is well */
  char task[FQ_ID_MAX];
  int64_t well_ms;
};

struct history {
  fq_kernel *kernel;
  struct person *officers;
  size_t officer_count;
  fq_json *texts;
  struct story *stories; /* those that go on */
  size_t story_count, story_cap;
  uint32_t every; /* minutes between reports, on average */
  uint64_t seed;
};

/* xorshift64*: a demo wants variety that repeats, not secrecy. */
static uint32_t roll(struct history *h, uint32_t below) {
  h->seed ^= h->seed >> 12;
  h->seed ^= h->seed << 25;
  h->seed ^= h->seed >> 27;
  return (uint32_t)((h->seed * 2685821657736338717ULL) >> 33) % below;
}

static int64_t minutes(struct history *h, uint32_t from, uint32_t to) {
  return (from + roll(h, to - from + 1)) * MINUTE_MS + roll(h, 60) * 1000;
}

static void find_officers(struct history *h) {
  fq_stmt *q = fq_sql(fq_kernel_db(h->kernel),
                      "SELECT a.name, a.org, o.lon, o.lat FROM account a JOIN org o ON o.id = a.org"
                      " WHERE (a.roles & ?) != 0 AND o.kind = 'grid' AND o.lon IS NOT NULL ORDER BY a.name",
                      "i", (int64_t)FQ_ROLE_OFFICER);
  while (fq_row(q)) {
    h->officers = fq_realloc(h->officers, (h->officer_count + 1) * sizeof h->officers[0]);
    struct person *p = &h->officers[h->officer_count++];
    fq_copy(p->name, sizeof p->name, fq_col_str(q, 0));
    fq_copy(p->org, sizeof p->org, fq_col_str(q, 1));
    p->lon = fq_col_num(q, 2);
    p->lat = fq_col_num(q, 3);
  }
}

static fq_json *nth(const fq_json *list, size_t n) {
  const fq_json *m = fq_json_first(list);
  while (n--)
    m = fq_json_next(m);
  return (fq_json *)(uintptr_t)m;
}

static const struct person *officer_named(const struct history *h, const char *name) {
  for (size_t i = 0; name && i < h->officer_count; i++)
    if (!strcmp(h->officers[i].name, name)) return &h->officers[i];
  return NULL;
}

static enum fq_status as_officer(struct history *h, const struct person *p, const char *method,
                                 fq_json *params, fq_json **result, struct fq_error *e) {
  struct fq_actor a = {.name = p->name, .org = p->org, .roles = FQ_ROLE_OFFICER};
  return fq_kernel_call(h->kernel, &a, method, params, result, e);
}

static enum fq_status report(struct history *h, int64_t now_ms, struct fq_error *e) {
  const struct person *p = &h->officers[roll(h, (uint32_t)h->officer_count)];
  const fq_json *text = nth(h->texts, roll(h, (uint32_t)fq_json_size(h->texts)));
  bool late = roll(h, 8) == 0; /* found late: the first of the three limits is broken at once */
  fq_json *params = fq_json_object(), *place = fq_json_object(), *result = NULL;
  const char *level = fq_json_str(text, "level");
  fq_json_set_str(params, "category", fq_json_str(text, "category"));
  fq_json_set_int(params, "level", level ? atoi(level) : 4);
  fq_json_set_str(params, "title", fq_json_str(text, "title_zh"));
  if (fq_json_str(text, "text_zh")) fq_json_set_str(params, "text", fq_json_str(text, "text_zh"));
  fq_json_set_num(place, "lon", round((p->lon + (roll(h, 200) - 100.0) / 1e5) * 1e5) / 1e5);
  fq_json_set_num(place, "lat", round((p->lat + (roll(h, 200) - 100.0) / 1e5) * 1e5) / 1e5);
  fq_json_set(params, "place", place);
  fq_json_set_str(params, "grid", p->org);
  fq_json_set_time(params, "occurred_at", now_ms - (late ? minutes(h, 35, 70) : minutes(h, 1, 12)));
  enum fq_status st = as_officer(h, p, "incident.report", params, &result, e);
  if (!st) {
    static const enum fate fates[] = {DILIGENT, DILIGENT, DILIGENT, DILIGENT, DILIGENT,
                                      DILIGENT, DILIGENT, SILENT,   SLOW,     DECLINES};
    if (h->story_count == h->story_cap) {
      h->story_cap = h->story_cap ? 2 * h->story_cap : 64;
      h->stories = fq_realloc(h->stories, h->story_cap * sizeof h->stories[0]);
    }
    struct story *s = &h->stories[h->story_count++];
    *s = (struct story){.fate = fates[roll(h, 10)], .next_ms = now_ms + minutes(h, 0, 0)};
    fq_copy(s->id, sizeof s->id, fq_json_str(result, "id"));
  }
  fq_json_free(result);
  return st;
}

static fq_json *with_id(const char *id) {
  fq_json *p = fq_json_object();
  fq_json_set_str(p, "id", id);
  return p;
}

/* The task somebody still has in hand, or NULL. */
static const fq_json *open_task(const fq_json *incident) {
  fq_json_each(t, fq_json_get(incident, "tasks")) {
    const char *state = fq_json_str(t, "state");
    if (strcmp(state, "finished") && strcmp(state, "declined") && strcmp(state, "expired") &&
        strcmp(state, "recalled"))
      return t;
  }
  return NULL;
}

/* One step of a task, in the order people take them. */
static const struct {
  const char *method;
  uint32_t from, to; /* minutes until the next step */
} task_steps[] = {{"task.delivered", 0, 0}, {"task.seen", 1, 5},      {"task.accept", 4, 25},
                  {"task.arrive", 8, 60},   {"task.feedback", 1, 10}, {"task.finish", 3, 25}};
#define TASK_STEPS (int)(sizeof task_steps / sizeof task_steps[0])

static enum fq_status step_task(struct history *h, struct story *s, const fq_json *incident, int64_t now_ms,
                                struct fq_error *e) {
  const fq_json *task = open_task(incident);
  const struct person *p = officer_named(h, fq_json_str(fq_json_get(task, "to"), "user"));
  if (!p) { /* nobody has it: a dispatcher will see it on the console */
    s->next_ms = INT64_MAX;
    return FQ_OK;
  }
  fq_json *params = with_id(fq_json_str(task, "id"));
  if (s->step == 3 && !strcmp(fq_json_str(task, "state"), "arrived")) s->step = 4; /* he said so himself */
  const char *method = task_steps[s->step].method;
  s->next_ms = now_ms + minutes(h, task_steps[s->step].from, task_steps[s->step].to);
  if (s->fate == DECLINES && s->step == 2) {
    method = "task.decline";
    fq_json_set_str(params, "reason", "正在另一处处置,走不开");
    s->fate = DILIGENT; /* the next one takes it */
    s->step = 0;
  } else if (s->fate == SILENT && s->step == 1) {
    s->next_ms = INT64_MAX;
  } else if (s->fate == SLOW && s->step == 3) {
    s->next_ms = now_ms + minutes(h, 360, 540); /* beyond a demo's hours */
    s->fate = DILIGENT;
  } else {
    if (!strcmp(method, "task.accept")) {
      s->out = p;
      s->well_ms = now_ms + 12 * MINUTE_MS;
      fq_copy(s->task, sizeof s->task, fq_json_str(task, "id"));
    }
    if (s->step == 4) fq_json_set_str(params, "text", "已到现场处置,隐患排除,已拍照留存");
    s->step++;
  }
  return as_officer(h, p, method, params, NULL, e);
}

static const struct fq_actor desk = {.name = "dispatcher", .org = "430525", .roles = FQ_ROLE_DISPATCHER};

/* Those at the place say that they are well, most of them, until nobody asks any more; who did not is rung up
 * by the desk, so that the last alarm alone may still be up when the day begins. */
static enum fq_status well(struct history *h, int64_t now_ms, struct fq_error *e) {
  for (size_t i = 0; i < h->story_count; i++) {
    struct story *s = &h->stories[i];
    if (!s->out || s->well_ms > now_ms) continue;
    s->well_ms = now_ms + 12 * MINUTE_MS; /* the county's rule asks every fifteen */
    if (!roll(h, 20)) continue;
    enum fq_status st = as_officer(h, s->out, "task.check_in", with_id(s->task), NULL, e);
    if (st == FQ_E_STORAGE) return st;
    if (st) s->out = NULL;
  }
  fq_json *alarms = NULL;
  enum fq_status st = fq_kernel_call(h->kernel, NULL, "task.alarms", fq_json_object(), &alarms, e);
  fq_json_each(a, fq_json_get(alarms, "rows")) {
    if (st || fq_time_parse(fq_json_str(a, "raised_at")) > now_ms - 9 * MINUTE_MS) continue;
    fq_json *params = with_id(fq_json_str(a, "task"));
    fq_json_set_str(params, "note", "电话已联系上,人员平安");
    st = fq_kernel_call(h->kernel, &desk, "task.checkin_clear", params, NULL, e);
  }
  fq_json_free(alarms);
  return st;
}

static enum fq_status step(struct history *h, struct story *s, int64_t now_ms, struct fq_error *e) {
  fq_json *incident = NULL, *params = NULL;
  enum fq_status st = fq_kernel_call(h->kernel, NULL, "incident.get", with_id(s->id), &incident, e);
  if (!st && s->step < TASK_STEPS)
    st = step_task(h, s, incident, now_ms, e);
  else if (!st) {
    params = with_id(s->id);
    bool verify = s->step == TASK_STEPS;
    if (verify) fq_json_set_bool(params, "pass", true);
    st = fq_kernel_call(h->kernel, &desk, verify ? "incident.verify" : "incident.close", params, NULL, e);
    s->next_ms = verify ? now_ms + minutes(h, 1, 10) : INT64_MAX;
    s->step++;
  }
  /* What people do at the wrong moment is refused, and the story goes on without it. */
  if (st && st != FQ_E_STORAGE) {
    s->next_ms = INT64_MAX;
    s->out = NULL;
    st = FQ_OK;
  }
  fq_json_free(incident);
  return st;
}

static void forget_ended(struct history *h) {
  size_t kept = 0;
  for (size_t i = 0; i < h->story_count; i++)
    if (h->stories[i].out || h->stories[i].next_ms != INT64_MAX) h->stories[kept++] = h->stories[i];
  h->story_count = kept;
}

static enum fq_status live(struct history *h, int64_t until_ms, struct fq_error *e) {
  enum fq_status st = FQ_OK;
  for (int64_t now_ms = fq_now_ms(h->kernel); now_ms < until_ms && !st; now_ms += MINUTE_MS) {
    st = fq_kernel_run_until(h->kernel, now_ms, e);
    if (!st && roll(h, h->every) == 0) st = report(h, now_ms, e);
    for (size_t i = 0; i < h->story_count && !st; i++)
      if (h->stories[i].next_ms <= now_ms) st = step(h, &h->stories[i], now_ms, e);
    if (!st) st = well(h, now_ms, e);
    forget_ended(h);
  }
  return st ? st : fq_kernel_run_until(h->kernel, until_ms, e);
}

enum fq_status fq_demo_history(fq_kernel *k, const char *reports, uint32_t every, int64_t until_ms,
                               struct fq_error *e) {
  struct history h = {.kernel = k, .every = every, .seed = 430525};
  size_t len = 0;
  char *text = fq_read_file(reports, &len, e);
  enum fq_status st = FQ_E_NOT_FOUND;
  if (text && (h.texts = fq_csv_parse(reports, text, len, e))) {
    find_officers(&h);
    st = h.officer_count && fq_json_size(h.texts) ? live(&h, until_ms, e) : FQ_OK;
  }
  free(text);
  fq_json_free(h.texts);
  free(h.officers);
  free(h.stories);
  return st;
}
