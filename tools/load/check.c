/*
 * Views against snapshots: the base of a view at the start, the comparison at the end. The comparison is
 * exact also while events flow: what is newer than the snapshot waits until the view has been held against
 * it.
 */
#include <stdlib.h>
#include <string.h>

#include "load.h"

enum { AT_ONCE = 8, TRIES = 40, PAUSE_US = 300000 };

static const char path[] = "/api/v1/snapshot";

/* ---- the base --------------------------------------------------------------------------------------------
 */

static void fetch(void *arg);

static void got_base(void *arg, int status, const char *body, size_t len) {
  struct terminal *t = arg;
  if (net_ending()) return;
  fq_json *snapshot = status == 200 ? fq_json_parse(body, len, NULL) : NULL;
  if (snapshot && t->view) {
    view_load(t->view, snapshot);
    view_release(t->view);
    t->fetching = false;
  } else if (t->phase != PHASE_DEAD)
    net_after(PAUSE_US, fetch, t);
  fq_json_free(snapshot);
}

static void fetch(void *arg) {
  struct terminal *t = arg;
  if (net_ending() || t->phase == PHASE_DEAD) return;
  net_get(path, t->account->token, got_base, t);
}

void view_fetch(struct terminal *t) {
  view_hold(t->view);
  if (t->fetching) return; /* the one under way is new enough: nothing was heard since */
  t->fetching = true;
  fetch(t);
}

bool view_ready(const struct terminal *t) {
  return !t->view || !view_holds(t->view);
}

/* ---- the comparison --------------------------------------------------------------------------------------
 */

struct check {
  struct terminal *terminal;
  fq_json *snapshot;
  int turns, tries;
};

static int next_terminal, under_way;
static void (*all_done)(void);

static void begin_more(void);
static void begin(void *arg);

static void end(struct check *c, const char *difference) {
  stats.views_checked++;
  if (difference[0]) {
    stats.views_wrong++;
    if (!stats.first_view[0])
      snprintf(stats.first_view, sizeof stats.first_view, "%s (%s): %s", c->terminal->account->name,
               role_name(c->terminal->account->role), difference);
  }
  fq_json_free(c->snapshot);
  free(c);
  under_way--;
  begin_more();
}

static void let_go(struct terminal *t) {
  if (!t->fetching) view_release(t->view);
}

static void once_more(struct check *c, const char *why) {
  fq_json_free(c->snapshot);
  c->snapshot = NULL;
  if (++c->tries == TRIES)
    end(c, why);
  else
    net_after(PAUSE_US, begin, c);
}

/* An answer may overtake events of its own turn, never those of an earlier one: after the second answer every
 * event up to the snapshot has come. */
static void on_turn(struct terminal *t, struct request *r, const fq_json *result, const fq_json *error);

static bool ask_turn(struct check *c) {
  fq_json *p = fq_json_object();
  fq_json_set_int(p, "limit", 1);
  return terminal_ask(c->terminal, "incident.list", p, false, net_now_us(), on_turn, c) != NULL;
}

static void on_turn(struct terminal *t, struct request *r, const fq_json *result, const fq_json *error) {
  struct check *c = r->arg;
  char difference[300];
  if (net_ending() || t->phase == PHASE_DEAD) {
    fq_json_free(c->snapshot);
    free(c);
    return;
  }
  if (!result) {
    let_go(t);
    once_more(c, "the connection kept breaking");
    return;
  }
  if (++c->turns < 2 && ask_turn(c)) return;
  view_fold_to(t->view, fq_json_int(c->snapshot, "n", 0));
  view_compare(t->view, c->snapshot, difference, sizeof difference);
  let_go(t);
  end(c, difference);
}

static void got_snapshot(void *arg, int status, const char *body, size_t len) {
  struct check *c = arg;
  struct terminal *t = c->terminal;
  if (net_ending()) {
    free(c);
    return;
  }
  c->snapshot = status == 200 ? fq_json_parse(body, len, NULL) : NULL;
  c->turns = 0;
  if (c->snapshot && ask_turn(c)) return;
  let_go(t);
  once_more(c, c->snapshot ? "not connected" : "no snapshot");
}

static void begin(void *arg) {
  struct check *c = arg;
  struct terminal *t = c->terminal;
  if (net_ending()) {
    free(c);
    return;
  }
  if (t->phase != PHASE_OPEN || t->fetching) {
    once_more(c, "not connected");
    return;
  }
  view_hold(t->view);
  net_get(path, t->account->token, got_snapshot, c);
}

static void begin_more(void) {
  while (under_way < AT_ONCE && next_terminal < terminal_count) {
    struct check *c = fq_alloc(sizeof *c);
    c->terminal = &terminals[next_terminal++];
    under_way++;
    net_after(0, begin, c); /* not at once: end() is called from here */
  }
  if (!under_way && all_done) {
    void (*done)(void) = all_done;
    all_done = NULL;
    done();
  }
}

void views_check(void (*done)(void)) {
  all_done = done;
  begin_more();
}
