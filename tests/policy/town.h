/* A town of things that begin and end, on the real kernel with the workshop: what the tests of a pack's life
 * share. */
#ifndef FQ_TEST_TOWN_H
#define FQ_TEST_TOWN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/gate.h"
#include "policy/module.h"
#include "policy/pack.h"
#include "workshop/workshop.h"

/* -- a world of things that begin and end */

static enum fq_status apply_begun(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "INSERT OR REPLACE INTO thing(id, n) VALUES(?, ?)", "si", e->subject, e->seq);
  return FQ_OK;
}
static enum fq_status apply_ended(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "DELETE FROM thing WHERE id = ?", "s", e->subject);
  return FQ_OK;
}
static enum fq_status apply_nothing(struct fq_apply *a, const struct fq_entry *e) {
  return FQ_OK;
}
static enum fq_status emit_as(struct fq_call *c, const char *kind) {
  return fq_emit(c, (struct fq_draft){.kind = kind,
                                      .subject = fq_json_str(c->params, "id"),
                                      .data = fq_json_dup(c->params)});
}
static enum fq_status begin_thing(struct fq_call *c) {
  return emit_as(c, "thing.begun");
}
static enum fq_status change_thing(struct fq_call *c) {
  return emit_as(c, "thing.changed");
}
static enum fq_status end_thing(struct fq_call *c) {
  return emit_as(c, "thing.ended");
}
static bool refusing;
static enum fq_status set_thing(struct fq_call *c) {
  if (refusing) return fq_fail(c->error, FQ_E_CONFLICT, "thing.no_more", "word", "不再接受", "not any more");
  return emit_as(c, "thing.set");
}
static enum fq_status answer_thing(struct fq_call *c) {
  return emit_as(c, "thing.answered");
}
static int64_t alive(void *self, fq_db *db, int64_t from, int64_t to) {
  return fq_int(db, 0, "SELECT count(*) FROM thing WHERE n > ? AND n <= ?", "ii", from, to);
}
static const struct fq_param thing_params[] = {
    {.name = "id", .type = FQ_T_ID}, {.name = "word", .type = FQ_T_STRING, .max = 100}, {0}};
#define METHOD(n, f, r)                                                                                      \
  { .name = n, .roles = FQ_ROLE_ALL, .flags = f, .params = thing_params, .run = r }
static const struct fq_method methods[] = {METHOD("thing.begin", 0, begin_thing),
                                           METHOD("thing.change", 0, change_thing),
                                           METHOD("thing.end", 0, end_thing),
                                           METHOD("thing.set", 0, set_thing),
                                           METHOD("thing.answer", FQ_POLICY, answer_thing),
                                           {0}};
static const struct fq_kind kinds[] = {{.name = "thing.begun", .apply = apply_begun, .flags = FQ_KIND_BEGINS},
                                       {.name = "thing.changed", .apply = apply_nothing},
                                       {.name = "thing.ended", .apply = apply_ended, .flags = FQ_KIND_ENDS},
                                       {.name = "thing.answered", .apply = apply_nothing},
                                       {.name = "thing.set", .apply = apply_nothing},
                                       {0}};
static const char *const migrations[] = {
    "CREATE TABLE thing(id TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID", NULL};
static const struct fq_plugin things = {
    FQ_PLUGIN_HEAD,
    .name = "things",
    .version = "1",
    .migrations = migrations,
    .kinds = kinds,
    .methods = methods,
    .alive = alive,
    .lua = "function answer(e, word) return command('thing.answer', { id=e.subject, word=word }) end\n"};

static bool four_eyes;

__attribute__((unused)) static fq_kernel *open_at(const char *dir, const char *file) {
  struct fq_error e = {0};
  fq_kernel *k = fq_kernel_open(
      &(struct fq_kernel_config){.data_dir = dir, .file = file, .memory = !dir, .fake_clock = true}, &e);
  void *policy = fq_policy_new();
  for (const struct fq_option *o = fq_policy_module.options; o->name; o++)
    if (!strcmp(o->name, "four_eyes")) *(bool *)((char *)policy + o->offset) = four_eyes;
  if (!k || fq_kernel_add(k, &things, NULL, &e) || fq_kernel_add(k, &fq_policy_module, policy, &e) ||
      fq_kernel_add(k, &fq_workshop_module, fq_workshop_new(), &e) || fq_kernel_boot(k, &e))
    fail_msg("%s", e.en);
  fq_kernel_set_time(k, 1795000000000);
  return k;
}

static const struct fq_actor anna = {.name = "anna", .org = "c", .roles = FQ_ROLE_ADMIN_SYSTEM};
static const struct fq_actor bert = {.name = "bert", .org = "c", .roles = FQ_ROLE_ADMIN_SYSTEM};
static const struct fq_actor town = {.name = "town", .org = "t", .roles = FQ_ROLE_ADMIN_SYSTEM};
static const struct fq_actor audit = {.name = "audit", .org = "c", .roles = FQ_ROLE_ADMIN_AUDIT};
static const struct fq_actor desk = {.name = "desk", .org = "c", .roles = FQ_ROLE_DISPATCHER};

static struct fq_error why;
__attribute__((unused)) static fq_json *ask(fq_kernel *k, const struct fq_actor *who, const char *method,
                                            const char *params) {
  struct fq_error e = {0};
  fq_json *p = fq_json_parse(params, strlen(params), &e), *result = NULL;
  if (!p) fail_msg("the test itself: %s in %s", e.en, params);
  why = (struct fq_error){0};
  fq_kernel_call(k, who, method, p, &result, &why);
  return result;
}
/* Done, and what a member of the result says. */
__attribute__((unused)) static int64_t done(fq_kernel *k, const struct fq_actor *who, const char *method,
                                            const char *params, const char *member) {
  fq_json *r = ask(k, who, method, params);
  if (!r) fail_msg("%s %s: %s %s", method, params, why.code, why.en);
  int64_t n = fq_json_int(r, member, -1);
  fq_json_free(r);
  return n;
}
/* Refused, in both languages, nothing written. */
__attribute__((unused)) static void refused(fq_kernel *k, const struct fq_actor *who, const char *method,
                                            const char *params, const char *code) {
  int64_t before = fq_int(fq_kernel_db(k), 0, "SELECT max(seq) FROM journal", "");
  fq_json *r = ask(k, who, method, params);
  if (r) fail_msg("%s %s was not refused", method, params);
  bool same = strcmp(code, "params") ? !strcmp(why.code, code) : !strncmp(why.code, code, 6);
  if (!same) fail_msg("%s %s: %s instead of %s: %s", method, params, why.code, code, why.en);
  assert_true(strlen(why.en) > 8);
  bool chinese = false;
  for (const char *c = why.zh; *c; c++)
    chinese |= (unsigned char)*c >= 0x80;
  assert_true(chinese);
  assert_int_equal(before, fq_int(fq_kernel_db(k), 0, "SELECT max(seq) FROM journal", ""));
}

__attribute__((unused)) static fq_kernel *county(const char *dir) {
  fq_kernel *k = open_at(dir, NULL);
  fq_json_free(ask(k, NULL, "org.import",
                   "{\"units\":[{\"id\":\"c\",\"parent\":\"\",\"kind\":\"county\",\"name\":\"县\"},"
                   "{\"id\":\"t\",\"parent\":\"c\",\"kind\":\"township\",\"name\":\"镇\"}]}"));
  return k;
}

/* The parameters of pack.deploy for a pack whose one policy answers with a word, and what else is said. */
__attribute__((unused)) static char *pack_of(const char *name, const char *version, const char *word,
                                             const char *more) {
  static char text[4000];
  snprintf(
      text, sizeof text,
      "{\"pack\":\"%s\",\"files\":{\"pack.lua\":\"name = '%s'\\nversion = '%s'\\ntitle = { zh = '包', en "
      "= 'a pack' }\\npolicies = { 'policies/p.lua' }\\n\",\"policies/p.lua\":\"return policy { name = "
      "'%s', on = {\\n['thing.begun'] = function(e) return answer(e, '%s') end,\\n['thing.changed'] = "
      "function(e) return answer(e, '%s') end } }\\n\"}%s}",
      name, name, version, name, word, word, more);
  return text;
}
__attribute__((unused)) static int64_t deploy(fq_kernel *k, const struct fq_actor *who, const char *version,
                                              const char *word, const char *more) {
  return done(k, who, "pack.deploy", pack_of("town", version, word, more), "generation");
}

__attribute__((unused)) static void begin(fq_kernel *k, const char *id) {
  char p[100];
  snprintf(p, sizeof p, "{\"id\":\"%s\"}", id);
  done(k, NULL, "thing.begin", p, "n");
}
__attribute__((unused)) static void says(fq_kernel *k, const char *id, const char *word) {
  char p[100];
  snprintf(p, sizeof p, "{\"id\":\"%s\"}", id);
  done(k, NULL, "thing.change", p, "n");
  fq_stmt *q = fq_sql(fq_kernel_db(k),
                      "SELECT json_extract(data, '$.word') FROM journal WHERE subject = ? AND kind = "
                      "'thing.answered' ORDER BY seq DESC LIMIT 1",
                      "s", id);
  assert_true(fq_row(q));
  assert_string_equal(fq_col_str(q, 0), word);
  fq_done(q);
}

__attribute__((unused)) static const fq_json *row(const fq_json *result, size_t at) {
  const fq_json *r = fq_json_first(fq_json_get(result, "rows"));
  while (at-- && r)
    r = fq_json_next(r);
  if (!r) fail_msg("no such row");
  return r;
}
__attribute__((unused)) static size_t rows(const fq_json *result) {
  return fq_json_size(fq_json_get(result, "rows"));
}
__attribute__((unused)) static void is(const fq_json *o, const char *member, const char *text) {
  const char *s = fq_json_str(o, member);
  if (!s || strcmp(s, text)) {
    char *all = fq_json_print(o);
    fail_msg("%s is not \"%s\" in %s", member, text, all);
  }
}

#define DRAFT(files, rest) "{\"pack\":\"town\",\"files\":{" files "}" rest "}"

__attribute__((unused)) static char *about(const char *proposal, const char *more) {
  static char p[200];
  snprintf(p, sizeof p, "{\"proposal\":\"%s\"%s}", proposal, more);
  return p;
}
__attribute__((unused)) static void propose(fq_kernel *k, const struct fq_actor *who, const char *params,
                                            char id[FQ_ID_MAX]) {
  fq_json *r = ask(k, who, "pack.propose", params);
  if (!r) fail_msg("%s %s", why.code, why.en);
  fq_copy(id, FQ_ID_MAX, fq_json_str(r, "proposal"));
  fq_json_free(r);
}

__attribute__((unused)) static int one_alone(void **state) {
  four_eyes = false;
  return 0;
}
#define TEST(f) cmocka_unit_test_setup(f, one_alone)

#endif
