/*
 * report.c - incident.report: an incident begins. Finds its place in the org tree, its number and its first
 * owner; recognises what an outside source has sent before; judges the reporter's clock.
 * Kernel thread.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "incident/incident.h"

/* Where it happened, as a unit of the tree. */
struct site {
  struct dp_ladder ladder;
  char org[FQ_ID_MAX], township[FQ_ID_MAX];
  char path[512];
};

static bool site_of(struct fq_call *c, const char *org, struct site *s) {
  dp_ladder_of(c->db, org, &s->ladder);
  if (!s->ladder.count) return false;
  /* A department or team is not a place: the first unit of the ladder above it is. */
  dp_text(s->org, sizeof s->org, s->ladder.rungs[0].org);
  s->township[0] = s->path[0] = '\0';
  for (size_t i = 0; i < s->ladder.count; i++)
    if (s->ladder.rungs[i].level == DP_L_TOWNSHIP)
      dp_text(s->township, sizeof s->township, s->ladder.rungs[i].org);
  fq_stmt *q = fq_sql(c->db, "SELECT path FROM org WHERE id = ?1", "s", s->org);
  if (fq_row(q)) {
    dp_text(s->path, sizeof s->path, fq_col_str(q, 0));
    fq_done(q);
  }
  return true;
}

/* `grid` as given, else the grid around `place`, else where the reporter sits. */
static enum fq_status find_site(struct fq_call *c, struct site *s) {
  const char *grid = fq_json_str(c->params, "grid");
  if (grid) {
    struct fq_unit u;
    if (fq_org_unit(c->db, grid, &u) && dp_level_of(u.kind) >= 0 && site_of(c, grid, s)) return FQ_OK;
    return fq_fail(c->error, FQ_E_PARAMS, "grid.unknown", "params.grid", "没有网格 %s", "there is no grid %s",
                   grid);
  }
  const fq_json *place = fq_json_get(c->params, "place");
  char at[FQ_ID_MAX];
  if (place && fq_org_grid_at(c->db, fq_json_num(place, "lon", NAN), fq_json_num(place, "lat", NAN), at) &&
      site_of(c, at, s))
    return FQ_OK;
  if (c->actor->org && *c->actor->org && site_of(c, c->actor->org, s)) return FQ_OK;
  fq_stmt *q = fq_sql(c->db, "SELECT id FROM org WHERE kind = 'county' ORDER BY id LIMIT 1", "");
  bool found = fq_row(q);
  if (found) {
    dp_text(at, sizeof at, fq_col_str(q, 0));
    fq_done(q);
  }
  if (found && site_of(c, at, s)) return FQ_OK;
  return fq_fail(c->error, FQ_E_PARAMS, "grid.missing", "params.grid", "上报须带网格或位置:尚无组织机构",
                 "a report needs a grid or a place: there is no org tree yet");
}

static const char *default_source(const struct fq_actor *a) {
  if (a->roles & FQ_ROLE_OFFICER) return "officer";
  if (a->roles & FQ_ROLE_DESK) return "phone";
  if (a->roles & FQ_ROLE_DEPARTMENT) return "department";
  return a->roles & FQ_ROLE_FAMILY ? "family" : "service";
}

static void answer(struct fq_call *c, const char *id, int64_t number, const char *grid, fq_json *owner) {
  fq_json_set_str(c->result, "id", id);
  fq_json_set_int(c->result, "number", number);
  fq_json_set_str(c->result, "grid", grid);
  fq_json_set(c->result, "owner", owner);
}

/* A source that sends the same case again gets the case it has, not a second one. */
static bool known(struct fq_call *c, const char *source, const char *external_id) {
  if (!external_id) return false;
  int64_t n = fq_int(
      c->db, 0, "SELECT n FROM incident WHERE source = ?1 AND external_id = ?2 AND external_id IS NOT NULL",
      "ss", source, external_id);
  struct dp_incident i;
  char id[FQ_ID_MAX];
  dp_id_make(id, 'i', n);
  if (!n || !dp_incident_load(c->db, id, &i)) return false;
  struct fq_unit u = {.name = ""};
  struct dp_rung owner = {.level = i.owner_level};
  dp_text(owner.org, sizeof owner.org, i.owner_org);
  if (fq_org_unit(c->db, i.owner_org, &u)) dp_text(owner.name, sizeof owner.name, u.name);
  answer(c, id, i.number, i.org, dp_rung_json(&owner));
  fq_json_set_bool(c->result, "dup", true);
  fq_json_set_int(c->result, "n", n);
  return true;
}

enum fq_status dp_incident_report(struct fq_call *c) {
  const char *external_id = fq_json_str(c->params, "external_id");
  const char *source = fq_json_str(c->params, "source");
  if (!source) source = default_source(c->actor);
  if (known(c, source, external_id)) return FQ_OK;

  struct site site;
  enum fq_status s = find_site(c, &site);
  if (s != FQ_OK) return s;
  struct dp_rung owner;
  site.ladder.at_ms = c->now_ms;
  fq_json *skipped = fq_json_array();
  dp_rung_find(c->db, &site.ladder, DP_L_GRID, NULL, &owner, skipped);

  struct dp_incident i = {.state = DP_REPORTED, .rev = 1, .owner_level = owner.level};
  i.n = fq_next_seq(c);
  dp_id_make(i.id, 'i', i.n);
  dp_text(i.org, sizeof i.org, site.org);
  dp_text(i.owner_org, sizeof i.owner_org, owner.org);
  dp_text(i.category, sizeof i.category, fq_json_str(c->params, "category"));
  dp_text(i.reporter, sizeof i.reporter, c->actor->name);
  i.number = 1 + fq_int(c->db, 0, "SELECT value FROM dispatch_counter WHERE name = 'number'", "");

  fq_json *data = fq_json_object();
  fq_json_set_int(data, "number", i.number);
  fq_json_set_str(data, "state", dp_state_name(DP_REPORTED));
  fq_json_set_int(data, "rev", 1);
  fq_json_set_str(data, "category", fq_json_str(c->params, "category"));
  fq_json_set_int(data, "level", fq_json_int(c->params, "level", 4));
  static const char *const as_given[] = {"title",       "text",        "place", "address",
                                         "external_id", "attachments", "solved"};
  for (size_t k = 0; k < sizeof as_given / sizeof *as_given; k++)
    dp_set_opt(data, as_given[k], c->params, as_given[k]);
  s = dp_form_take(c, fq_json_get(c->params, "form"), i.category, data);
  if (s != FQ_OK) {
    fq_json_free(data);
    fq_json_free(skipped);
    return s;
  }
  fq_json_set_str(data, "grid", site.org);
  fq_json_set_str(data, "path", site.path);
  if (*site.township) fq_json_set_str(data, "township", site.township);
  fq_json_set_str(data, "source", source);
  fq_json_set_time(data, "occurred_at", dp_occurred(c, data));
  fq_json_set(data, "owner", dp_rung_json(&owner));
  if (!fq_org_within(c->db, site.org, owner.org)) fq_json_set_bool(data, "away", true);
  if (fq_json_size(skipped))
    fq_json_set(data, "skipped", skipped);
  else
    fq_json_free(skipped);

  s = dp_emit(c, &i, "incident.reported", data, NULL);
  if (s != FQ_OK) return s;
  if (fq_json_bool(c->params, "solved", false)) {
    /* 采集并结案: the reporter dealt with it; his report is the feedback. Verification stays. */
    enum dp_state next;
    if ((s = dp_step(c, &i, DP_V_SOLVE, &next)) != FQ_OK) return s;
    const char *text = fq_json_str(c->params, "text");
    fq_json *handled = fq_json_object();
    fq_json_set_str(handled, "state", dp_state_name(next));
    fq_json_set_int(handled, "rev", 2);
    fq_json_set_str(handled, "by", c->actor->name);
    fq_json_set_str(handled, "text", text ? text : fq_json_str(c->params, "title"));
    fq_json_set_bool(handled, "solved", true);
    if ((s = dp_emit(c, &i, "incident.handled", handled, NULL)) != FQ_OK) return s;
  }
  answer(c, i.id, i.number, site.org, dp_rung_json(&owner));
  return FQ_OK;
}

enum fq_status dp_apply_reported(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data, *place = fq_json_get(d, "place"), *owner = fq_json_get(d, "owner");
  const fq_json *attachments = fq_json_get(d, "attachments");
  char *files = attachments && fq_json_size(attachments) ? fq_json_print(attachments) : NULL;
  int64_t occurred_ms = fq_time_parse(fq_json_str(d, "occurred_at"));
  const char *township = fq_json_str(d, "township");
  fq_exec(
      a->db,
      "INSERT INTO incident(n, number, rev, state, category, level, title, text, lon, lat, acc, org, path,"
      " township, address, reporter, source, external_id, owner_level, owner_org, attachments, clock_skew,"
      " occurred_ms, reported_ms, updated_ms)"
      " VALUES(?1,?2,1,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?23)",
      "iississdddssssssssssiii", dp_id_n(e->subject, 'i'), fq_json_int(d, "number", 0),
      fq_json_str(d, "state"), fq_json_str(d, "category"), fq_json_int(d, "level", 4),
      fq_json_str(d, "title"), fq_json_str(d, "text"), place ? fq_json_num(place, "lon", NAN) : NAN,
      place ? fq_json_num(place, "lat", NAN) : NAN, place ? fq_json_num(place, "acc", NAN) : NAN,
      fq_json_str(d, "grid"), fq_json_str(d, "path"), township ? township : "", fq_json_str(d, "address"),
      e->actor, fq_json_str(d, "source"), fq_json_str(d, "external_id"), fq_json_str(owner, "level"),
      fq_json_str(owner, "org"), files, (int64_t)fq_json_bool(d, "clock_skew", false), occurred_ms, e->at_ms);
  free(files);
  if (fq_json_bool(d, "away", false))
    fq_exec(a->db, "UPDATE incident SET away = 1 WHERE n = ?1", "i", dp_id_n(e->subject, 'i'));
  fq_exec(a->db,
          "INSERT INTO dispatch_counter(name, value) VALUES('number', ?1)"
          " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
          "i", fq_json_int(d, "number", 0));
  return FQ_OK;
}
