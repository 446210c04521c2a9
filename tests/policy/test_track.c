/* Tracked reads and the trees learnt from them, on the made-up module of fake.h. */
#include <stdio.h>

#include "base/mem.h"
#include "fake.h"
#include "policy/tree.h"

/* A situation: what `e` is made of, as JSON. */
struct here {
  struct fq_host *host;
  struct fq_version *version;
  fq_json *e;
  int64_t at_ms;
  size_t asked;
};

static void use(struct here *h, const char *data, int64_t at_ms) {
  fq_json *d = fq_json_parse(data, strlen(data), NULL);
  assert_non_null(d);
  struct fq_entry entry = {.seq = 7,
                           .at_ms = at_ms,
                           .kind = "incident.reported",
                           .subject = "i7",
                           .org = "c",
                           .audience = "",
                           .actor = "a",
                           .data = d};
  fq_json_free(h->e);
  h->e = fq_view_entry(&entry, NULL);
  h->at_ms = at_ms;
  fq_json_free(d);
}

static void decide(struct here *h, struct fq_track *track, struct fq_decision *out) {
  struct fq_entry entry = {.seq = 7,
                           .at_ms = h->at_ms,
                           .kind = "incident.reported",
                           .subject = "i7",
                           .org = "c",
                           .audience = "",
                           .actor = "a",
                           .data = h->e};
  if (track) track->e = h->e;
  fq_decide(h->host, h->version, &(struct fq_question){.entry = &entry, .track = track}, out);
}

static void decide_tracked(void *arg, struct fq_track *track, struct fq_decision *out) {
  *track = (struct fq_track){0};
  decide(arg, track, out);
}

static uint32_t on_entry(void *arg, const struct fq_read *r, const fq_json **v) {
  *v = fq_read_follow(r, ((struct here *)arg)->e);
  return 1;
}

static uint32_t on_answer(void *arg, const fq_json *question, fq_json **answer) {
  struct here *h = arg;
  struct fq_error error = {0};
  const fq_json *name = fq_json_first(question);
  h->asked++;
  *answer = fq_view_ask(h->host, fq_json_as_str(name), fq_json_next(name), h->e, NULL, h->at_ms, &error);
  if (!*answer) *answer = fq_view_refusal(&error);
  return 2;
}

static struct here open_here(const char *body) {
  struct here h = {.host = fake_host()};
  char *text = fq_printf(
      "return policy { name = \"p\", on = { [\"incident.reported\"] = function(e, view) %s end } }", body);
  h.version = fake_compile(h.host, "p.lua", text);
  free(text);
  return h;
}

static void close_here(struct here *h) {
  fq_json_free(h->e);
  fq_version_free(h->version);
  fq_host_free(h->host);
}

/* The reads of one decision: "m incident.category", "* incident", "? echo", in order. */
static char *reads_of(struct here *h) {
  struct fq_track t = {0};
  struct fq_decision d;
  struct fq_buf b = {0};
  decide(h, &t, &d);
  for (size_t i = 0; i < t.count; i++) {
    const struct fq_read *r = &t.reads[i];
    fq_buf_fmt(&b, "%s%s", i ? ";" : "", r->what == FQ_READ_MEMBER ? "" : r->what == FQ_READ_ALL ? "*" : "?");
    if (r->root) fq_buf_fmt(&b, "%d", r->root);
    for (size_t k = 0; k < r->count; k++) {
      if (r->steps[k].name)
        fq_buf_fmt(&b, ".%s", r->steps[k].name);
      else
        fq_buf_fmt(&b, "[%lld]", (long long)r->steps[k].position);
    }
  }
  fq_buf_str(&b, "");
  fq_track_clear(&t);
  fq_decision_clear(&d);
  return b.data;
}

static void reads(const char *body, const char *expected) {
  struct here h = open_here(body);
  use(&h,
      "{\"incident\":{\"id\":\"i7\",\"category\":\"fire\",\"place\":{\"lon\":1}},\"tags\":[\"a\",\"b\"],"
      "\"none\":[]}",
      5000);
  char *is = reads_of(&h);
  assert_string_equal(is, expected);
  free(is);
  close_here(&h);
}

static void test_what_is_read(void **state) {
  (void)state;
  reads("return nil", "");
  reads("local a = e.incident.category", ".incident;.incident.category");
  reads("local a, b = e.incident.id, e.incident.id", ".incident;.incident.id");
  reads("return e.incident == e.incident and nil", ".incident");
  reads("for k, v in pairs(e.incident) do end", ".incident;*.incident");
  reads("for k, v in pairs(e.incident) do if k == 'place' then local x = v.lon end end",
        ".incident;*.incident;.incident.place.lon");
  reads("local n = #e.tags", ".tags;*.tags");
  reads("for _, t in ipairs(e.tags) do end", ".tags;*.tags");
  reads("local t = e.tags[2]", ".tags;.tags[2]");
  reads("local k = next(e.none)", ".none;*.none");
  reads("local s = table.concat(e.tags, ' ')", ".tags;*.tags");
  reads("local n = string.len(e.incident.category)", ".incident;.incident.category");
  reads("local night = view.now < 3 or e.at > 4", ".at;.at");
  reads("local hour = (view.now // 3600000 + 8) % 24", ".at");
  reads("local x = e.missing", ".missing");
  reads("view.echo(e.incident)", ".incident;?1");
  reads("view.echo({ e.incident.category })", ".incident;.incident.category;?1");
  reads("local a = view.echo({ 1 }) local b = a[1][1]", "?1;1[1];1[1][1]");
  reads("e.incident.category = 'x' local a = e.incident.category", ".incident;*.incident");
  reads("local t = type(e.incident) local s = tostring(e.incident)", ".incident");
  reads("return { command('incident.escalate', { what = e.incident }) }",
        ".incident;*.incident;*.incident.place");
}

/* -- a tree decides as the policy does
 * --------------------------------------------------------------------------- */

static const char *const bodies[] = {
    "if e.incident.category == 'fire' then return escalate(e.incident, 'county', 'x') end",
    "for k, v in pairs(e.incident) do if v == 'flood' then return escalate(e.incident, k, 'x') end end",
    "if #e.tags > 1 then return escalate(e.incident, e.tags[2], tostring(#e.tags)) end",
    "local h = (view.now // 3600000 + 8) % 24 if h >= 20 or h < 6 then return escalate(e.incident, 'night', "
    "'') end",
    "local o = view.nearest_officer(e.incident) if o then return dispatch(e.incident, o, "
    "e.incident.category) end",
    "local a = view.echo(e.incident, e.level) if a[1].category == 'fire' and a[2] == 1 then return "
    "escalate(e.incident, 'a', '') end",
    "if e.level <= 2 and string.contains(e.incident.category, 'o') then return escalate(e.incident, 'b', '') "
    "end",
    "if e.level == 3 then error('no') end local x = e.incident.grid .. 'x' return escalate(e.incident, x, "
    "'')",
    "local t = {} for _, v in ipairs(e.tags) do table.insert(t, v) end table.sort(t) return "
    "escalate(e.incident, t[1] or '-', '')",
    "e.tags[1] = e.level if next(e.tags) then return escalate(e.incident, 'c', tostring(e.tags[1])) end",
    "return command('incident.escalate', { all = e.incident, tags = e.tags })",
};

static void draw(struct here *h, unsigned *seed) {
  static const char *const categories[] = {"fire", "flood", "other"};
  static const char *const tags[] = {"[]", "[\"b\",\"a\"]", "[\"z\"]"};
  static const char *const grids[] = {"", ",\"grid\":\"g1\"", ",\"grid\":\"g2\""};
  unsigned r = *seed = *seed * 1664525u + 1013904223u;
  char data[256];
  snprintf(data, sizeof data, "{\"level\":%u,\"tags\":%s,\"incident\":{\"id\":\"i7\",\"category\":\"%s\"%s}}",
           1 + (r >> 8) % 4, tags[(r >> 12) % 3], categories[(r >> 16) % 3], grids[(r >> 20) % 3]);
  use(h, data, (int64_t)((r >> 4) % 168) * 3600000);
}

static void test_a_tree_decides_as_the_policy_does(void **state) {
  (void)state;
  unsigned seed = 1;
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    struct here h = open_here(bodies[i]);
    struct fq_tree *tree = fq_tree_new();
    const struct fq_walk w = {.arg = &h, .entry = on_entry, .answer = on_answer, .decide = decide_tracked};
    for (int n = 0; n < 1500; n++) {
      uint32_t axes;
      struct fq_error e = {0};
      struct fq_decision d;
      draw(&h, &seed);
      const struct fq_leaf *leaf = fq_tree_walk(tree, &w, &axes, &e);
      if (!leaf) fail_msg("%s: %s", bodies[i], e.en);
      decide(&h, NULL, &d);
      char *is = fq_json_print(leaf->commands), *real = fq_json_print(d.commands);
      if (strcmp(is, real) || leaf->exit != d.exit) fail_msg("%s: %s, not %s", bodies[i], is, real);
      free(is);
      free(real);
      fq_decision_clear(&d);
    }
    assert_true(fq_tree_decisions(tree) < 700);
    assert_true(fq_tree_leaves(tree) <= fq_tree_decisions(tree));
    fq_tree_free(tree);
    close_here(&h);
  }
}

static void test_what_was_not_read_is_not_asked_twice(void **state) {
  (void)state;
  struct here h = open_here(bodies[0]);
  struct fq_tree *tree = fq_tree_new();
  const struct fq_walk w = {.arg = &h, .entry = on_entry, .answer = on_answer, .decide = decide_tracked};
  struct fq_error e = {0};
  uint32_t axes;
  for (int n = 0; n < 100; n++) {
    char data[128];
    snprintf(data, sizeof data, "{\"level\":%d,\"incident\":{\"id\":\"i7\",\"category\":\"fire\"}}", n);
    use(&h, data, n);
    assert_non_null(fq_tree_walk(tree, &w, &axes, &e));
    assert_int_equal(axes, 1);
  }
  assert_int_equal(fq_tree_decisions(tree), 1);
  assert_int_equal(h.asked, 0);
  fq_tree_free(tree);
  close_here(&h);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_is_read),
      cmocka_unit_test(test_a_tree_decides_as_the_policy_does),
      cmocka_unit_test(test_what_was_not_read_is_not_asked_twice),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
