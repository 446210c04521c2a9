/*
 * The situations of a proof: places, categories, levels, and the week cut wherever somebody comes or goes.
 * Who is there is asked once for each stretch between two changes, and who answers for a place once for each
 * set of people. See prove.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "workshop/prove.h"

/* -- people
 * -------------------------------------------------------------------------------------------------- */

static int state_of(struct proof *p, struct fq_map **known, int64_t at_ms) {
  char *text = p->model->staff(p->db, at_ms);
  uintptr_t n = (uintptr_t)fq_map_get(*known, text);
  if (!n) {
    n = ++p->state_count;
    fq_map_put(known, text, (void *)n);
    p->state_at = fq_realloc(p->state_at, p->state_count * sizeof *p->state_at);
    p->state_at[n - 1] = at_ms;
  }
  free(text);
  return (int)n - 1;
}

/* From the week's beginning to the end of the last passive stretch. */
static void find_states(struct proof *p) {
  struct fq_map *known = NULL;
  int64_t until = p->week_ms + 7 * DAY_MS + p->passive_ms;
  fq_json *times = p->model->changes(p->db, p->week_ms + 1, until);
  p->change_ms = fq_alloc((fq_json_size(times) + 1) * sizeof *p->change_ms);
  p->change_state = fq_alloc((fq_json_size(times) + 1) * sizeof *p->change_state);
  p->change_ms[0] = p->week_ms;
  p->change_count = 1;
  fq_json_each(t, times) {
    int64_t at = fq_json_as_int(t, 0);
    if (at > p->change_ms[p->change_count - 1]) p->change_ms[p->change_count++] = at;
  }
  for (size_t i = 0; i < p->change_count; i++)
    p->change_state[i] = state_of(p, &known, p->change_ms[i]);
  fq_map_clear(&known, NULL);
  fq_json_free(times);
}

static size_t change_at(const struct proof *p, int64_t at_ms) {
  size_t lo = 0, hi = p->change_count;
  while (hi - lo > 1) {
    size_t mid = (lo + hi) / 2;
    if (p->change_ms[mid] <= at_ms)
      lo = mid;
    else
      hi = mid;
  }
  return lo;
}

void prove_slots(struct proof *p, int64_t step_ms) {
  int64_t at = p->week_ms, end = p->week_ms + 7 * DAY_MS;
  free(p->slots);
  p->slots = NULL;
  p->slot_count = 0;
  for (size_t next = 1; at < end;) {
    p->slots = fq_realloc(p->slots, (p->slot_count + 1) * sizeof *p->slots);
    p->slots[p->slot_count++] = (struct slot){
        .at_ms = at, .hour = (int)((at - p->week_ms) / HOUR_MS), .state = p->change_state[change_at(p, at)]};
    int64_t step = at - (at - p->week_ms) % step_ms + step_ms;
    while (next < p->change_count && p->change_ms[next] <= at)
      next++;
    at = next < p->change_count && p->change_ms[next] < step ? p->change_ms[next] : step;
  }
}

/* -- places
 * -------------------------------------------------------------------------------------------------- */

size_t prove_number(struct fq_map **map, const char *text) {
  uintptr_t n = (uintptr_t)fq_map_get(*map, text);
  if (!n) {
    n = fq_map_size(*map) + 1;
    fq_map_put(map, text, (void *)n);
  }
  return n;
}

static size_t intern_ladder(struct proof *p, fq_json *json) {
  char *text = fq_json_print(json);
  uintptr_t n = (uintptr_t)fq_map_get(p->ladder_by_text, text);
  if (n) {
    fq_json_free(json);
  } else {
    const fq_json *rungs = fq_json_get(json, "rungs");
    n = ++p->ladder_count;
    fq_map_put(&p->ladder_by_text, text, (void *)n);
    p->ladders = fq_realloc(p->ladders, n * sizeof *p->ladders);
    struct ladder *l = &p->ladders[n - 1];
    *l = (struct ladder){.json = json,
                         .shape = prove_number(&p->shapes, fq_json_str(json, "shape")),
                         .lowest = fq_json_bool(fq_json_first(rungs), "there", false),
                         .fallback = fq_json_bool(json, "fallback", false)};
    fq_json_each(r, rungs) l->any |= fq_json_bool(r, "there", false);
  }
  free(text);
  return n - 1;
}

static void add_place(struct proof *p, const fq_json *row, struct fq_map **villages) {
  struct place *at = &p->places[p->place_count++];
  const char *village = fq_json_str(row, "village");
  uintptr_t n = (uintptr_t)fq_map_get(*villages, village);
  if (!n) {
    n = ++p->village_count;
    fq_map_put(villages, village, (void *)n);
    fq_json *v = fq_json_object();
    fq_json_set_str(v, "org", village);
    fq_json_set_str(v, "name", fq_json_str(row, "village_name"));
    if (fq_json_str(row, "township")) {
      fq_json_set_str(v, "township", fq_json_str(row, "township"));
      fq_json_set_str(v, "township_name", fq_json_str(row, "township_name"));
    }
    fq_json_push(p->villages, v);
  }
  *at = (struct place){.row = row, .id = fq_json_str(row, "id"), .village = n - 1};
  at->ladder_of = fq_alloc(p->state_count * sizeof *at->ladder_of);
  for (size_t s = 0; s < p->state_count; s++)
    at->ladder_of[s] = intern_ladder(p, p->model->ladder(p->db, at->id, p->state_at[s]));
}

static bool wanted(const struct proof *p, const fq_json *row) {
  const char *village = fq_json_str(p->run->options, "village");
  return !village || !strcmp(village, fq_json_str(row, "village")) ||
         !strcmp(village, fq_json_str(row, "id"));
}

static enum fq_status none(struct fq_error *e, const char *option, const char *zh, const char *en) {
  return fq_fail(e, FQ_E_PARAMS, "proof.empty", option, "%s%.0s", "%.0s%s", zh, en);
}

static enum fq_status find_kinds(struct proof *p, struct fq_error *e) {
  const char *category = fq_json_str(p->run->options, "category");
  int level = (int)fq_json_int(p->run->options, "level", 0);
  p->category_rows = p->model->categories(p->db);
  p->categories = fq_alloc((fq_json_size(p->category_rows) + 1) * sizeof *p->categories);
  fq_json_each(c, p->category_rows) {
    if (!category || !strcmp(category, fq_json_as_str(c))) p->categories[p->category_count++] = c;
  }
  p->levels = fq_alloc((size_t)p->model->levels * sizeof *p->levels);
  p->level_numbers = fq_alloc((size_t)p->model->levels * sizeof *p->level_numbers);
  for (int l = 1; l <= p->model->levels; l++) {
    if (level && level != l) continue;
    p->level_numbers[p->level_count] = l;
    p->levels[p->level_count++] = fq_json_new_int(l);
  }
  if (!p->category_count) return none(e, "category", "没有这个类别", "the county has no such category");
  return p->level_count ? FQ_OK : none(e, "level", "没有这个等级", "there is no such level");
}

enum fq_status prove_county(struct proof *p, struct fq_error *e) {
  struct fq_map *villages = NULL;
  enum fq_status st = find_kinds(p, e);
  if (st) return st;
  find_states(p);
  prove_slots(p, HOUR_MS);
  p->place_rows = p->model->places(p->db);
  p->villages = fq_json_array();
  p->places = fq_alloc((fq_json_size(p->place_rows) + 1) * sizeof *p->places);
  fq_json_each(row, p->place_rows) {
    if (wanted(p, row)) add_place(p, row, &villages);
    fq_json_each(m, row) if (fq_json_as_str(m)) fq_map_put(&p->here, fq_json_as_str(m), p);
  }
  fq_map_clear(&villages, NULL);
  if (p->place_count) return FQ_OK;
  return none(e, "village", "没有这样的村或网格:县里还没有机构,或代码有误",
              "there is no such village or grid: the county has no units yet, or the code is wrong");
}

void prove_county_free(struct proof *p) {
  for (size_t i = 0; i < p->place_count; i++)
    free(p->places[i].ladder_of);
  for (size_t i = 0; i < p->ladder_count; i++)
    fq_json_free(p->ladders[i].json);
  for (size_t i = 0; i < p->level_count; i++)
    fq_json_free(p->levels[i]);
  fq_map_clear(&p->ladder_by_text, NULL);
  fq_map_clear(&p->shapes, NULL);
  fq_map_clear(&p->futures, NULL);
  fq_map_clear(&p->here, NULL);
  fq_json_free(p->place_rows);
  fq_json_free(p->category_rows);
  fq_json_free(p->villages);
  free(p->places);
  free(p->ladders);
  free(p->levels);
  free(p->level_numbers);
  free(p->categories);
  free(p->slots);
  free(p->state_at);
  free(p->change_ms);
  free(p->change_state);
}

/* -- looking things up
 * --------------------------------------------------------------------------------------- */

const struct ladder *prove_ladder(const struct proof *p, const struct place *at, size_t slot) {
  return &p->ladders[at->ladder_of[p->slots[slot].state]];
}

static size_t shape_after(const struct proof *p, const struct place *at, size_t change) {
  return p->ladders[at->ladder_of[p->change_state[change]]].shape;
}

int64_t prove_steady_ms(const struct proof *p, const struct place *at, size_t slot) {
  int64_t from = p->slots[slot].at_ms;
  size_t i = change_at(p, from), shape = shape_after(p, at, i);
  for (i++; i < p->change_count; i++)
    if (shape_after(p, at, i) != shape) return p->change_ms[i] - from;
  return INT64_MAX;
}

size_t prove_future(struct proof *p, const struct place *at, size_t slot) {
  struct fq_buf b = {0};
  int64_t from = p->slots[slot].at_ms;
  size_t i = change_at(p, from), shape = shape_after(p, at, i);
  fq_buf_fmt(&b, "%zu", shape);
  for (i++; i < p->change_count && p->change_ms[i] < from + p->passive_ms; i++) {
    if (shape_after(p, at, i) == shape) continue;
    shape = shape_after(p, at, i);
    fq_buf_fmt(&b, " %lld:%zu", (long long)(p->change_ms[i] - from), shape);
  }
  size_t n = prove_number(&p->futures, b.data);
  fq_buf_free(&b);
  return n;
}

static const char *in_rungs(const fq_json *rungs, const char *level, const char *member) {
  fq_json_each(r, rungs) if (level && !strcmp(fq_json_str(r, "level"), level)) return fq_json_str(r, member);
  return NULL;
}

const char *prove_rung(const struct ladder *l, const char *level, const char *member) {
  const char *s = in_rungs(fq_json_get(l->json, "rungs"), level, member);
  fq_json_each(named, fq_json_get(l->json, "named")) if (!s) s = in_rungs(named, level, member);
  return s;
}
