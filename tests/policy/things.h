/* A module of things that begin, change and end, on the real kernel: what the tests of the policy module
 * share.
 */
#ifndef FQ_TEST_THINGS_H
#define FQ_TEST_THINGS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/module.h"

/* Every entry is counted. */
static enum fq_status apply_count(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "INSERT INTO seen(kind, n) VALUES(?1, 1) ON CONFLICT(kind) DO UPDATE SET n = n + 1", "s",
          e->kind);
  return FQ_OK;
}
static enum fq_status emit_as(struct fq_call *c, const char *kind) {
  const char *id = fq_json_str(c->params, "id"), *word = fq_json_str(c->params, "word");
  if (word && !strcmp(word, "refuse me"))
    return fq_fail(c->error, FQ_E_CONFLICT, "thing.no", "", "不行", "no");
  fq_json *data = fq_json_dup(c->params);
  return fq_emit(c, (struct fq_draft){.kind = kind, .subject = id, .data = data});
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
static enum fq_status answer_thing(struct fq_call *c) {
  return emit_as(c, "thing.answered");
}
/* Reports an incident of the built-in default's world. */
static enum fq_status report(struct fq_call *c) {
  return emit_as(c, "incident.reported");
}
static enum fq_status dispatch(struct fq_call *c) {
  return emit_as(c, "incident.dispatched");
}
/* Deploys, then fails: nothing of it may stay, not even in memory. */
static enum fq_status try_deploy(struct fq_call *c) {
  fq_json *result = NULL;
  enum fq_status st =
      fq_call_method(c, "pack.deploy", fq_json_dup(fq_json_get(c->params, "params")), &result);
  fq_json_free(result);
  if (st) return st;
  st = emit_as(c, "thing.changed");
  return st ? st : fq_fail(c->error, FQ_E_CONFLICT, "thing.no", "", "不行", "no");
}
static enum fq_status nearest(struct fq_view *v) {
  v->answer = fq_json_object();
  fq_json_set_str(v->answer, "user", "officer-1");
  return FQ_OK;
}
static enum fq_status wrong_sql(struct fq_view *v) {
  fq_int(v->db, 0, "SELECT nothing FROM nowhere", "");
  return FQ_OK;
}
static void context(void *self, fq_db *db, const struct fq_entry *e, fq_json *into) {
  (void)self;
  if (strcmp(e->kind, "incident.reported")) return;
  fq_json *i = fq_json_object();
  fq_json_set_str(i, "id", e->subject);
  fq_json_set_int(i, "seen", fq_int(db, 0, "SELECT n FROM seen WHERE kind = ?", "s", e->kind));
  fq_json_set(into, "incident", i);
}

static const struct fq_param params[] = {{.name = "id", .type = FQ_T_ID},
                                         {.name = "word", .type = FQ_T_STRING, .max = 100},
                                         {.name = "by", .type = FQ_T_STRING, .max = 100},
                                         {.name = "params", .type = FQ_T_ANY},
                                         {0}};
#define METHOD(n, f, r)                                                                                      \
  { .name = n, .roles = FQ_ROLE_ALL, .flags = f, .params = params, .run = r }
static const struct fq_method methods[] = {
    METHOD("thing.begin", 0, begin_thing),     METHOD("thing.change", FQ_POLICY, change_thing),
    METHOD("thing.end", 0, end_thing),         METHOD("thing.answer", FQ_POLICY, answer_thing),
    METHOD("incident.report", 0, report),      METHOD("incident.dispatch", FQ_POLICY, dispatch),
    METHOD("thing.try_deploy", 0, try_deploy), {0}};
static const struct fq_kind kinds[] = {
    {.name = "thing.begun", .apply = apply_count, .flags = FQ_KIND_BEGINS},
    {.name = "thing.changed", .apply = apply_count},
    {.name = "thing.ended", .apply = apply_count, .flags = FQ_KIND_ENDS},
    {.name = "thing.answered", .apply = apply_count},
    {.name = "incident.reported", .apply = apply_count, .flags = FQ_KIND_BEGINS},
    {.name = "incident.dispatched", .apply = apply_count},
    {0}};
static const struct fq_view_fn views[] = {
    {.name = "nearest_officer", .fn = nearest}, {.name = "wrong", .fn = wrong_sql}, {0}};
static const char *const migrations[] = {"CREATE TABLE seen(kind TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID",
                                         NULL};
static const struct fq_plugin things = {
    FQ_PLUGIN_HEAD,
    .name = "things",
    .version = "1",
    .migrations = migrations,
    .kinds = kinds,
    .methods = methods,
    .views = views,
    .context = context,
    .lua = "function answer(e, word) return command('thing.answer', { id=e.subject, word=word }) end\n"
           "function dispatch(i, to, note) return command('incident.dispatch', { id=i.id, word=to.user, "
           "by=note }) end\n"};

static fq_kernel *open_at(const char *dir, const char *file) {
  struct fq_error e = {0};
  fq_kernel *k = fq_kernel_open(
      &(struct fq_kernel_config){.data_dir = dir, .file = file, .memory = !dir, .fake_clock = true}, &e);
  if (!k || fq_kernel_add(k, &things, NULL, &e) || fq_policy_add(k, &e) || fq_kernel_boot(k, &e))
    fail_msg("%s", e.en);
  fq_kernel_set_time(k, 1795000000000);
  return k;
}

static struct fq_error why;
__attribute__((unused)) static fq_json *call(fq_kernel *k, const char *method, fq_json *p) {
  fq_json *result = NULL;
  why = (struct fq_error){0};
  fq_kernel_call(k, NULL, method, p, &result, &why);
  return result;
}
__attribute__((unused)) static bool run(fq_kernel *k, const char *method, const char *id, const char *word) {
  fq_json *p = fq_json_object();
  fq_json_set_str(p, "id", id);
  if (word) fq_json_set_str(p, "word", word);
  fq_json *result = call(k, method, p);
  fq_json_free(result);
  return result != NULL;
}

__attribute__((unused)) static fq_json *pack(const char *version, const char *policy) {
  fq_json *p = fq_json_object(), *files = fq_json_object();
  char *meta = fq_printf("name = 'town'\nversion = '%s'\npolicies = { 'policies/p.lua' }\n", version);
  fq_json_set_str(files, "pack.lua", meta);
  fq_json_set_str(files, "policies/p.lua", policy);
  fq_json_set_str(p, "pack", "town");
  fq_json_set(p, "files", files);
  free(meta);
  return p;
}
__attribute__((unused)) static int64_t deploy(fq_kernel *k, const char *version, const char *policy) {
  fq_json *r = call(k, "pack.deploy", pack(version, policy));
  if (!r) fail_msg("%s", why.en);
  int64_t g = fq_json_int(r, "generation", -1);
  fq_json_free(r);
  return g;
}

#define SAYS(word)                                                                                           \
  "return policy { name='p', on={\n"                                                                         \
  "['thing.begun']=function(e) return answer(e, '" word "') end,\n"                                          \
  "['thing.changed']=function(e) return answer(e, '" word "') end } }\n"

/* The words of the answers about a subject, joined. */
__attribute__((unused)) static void said(fq_kernel *k, const char *subject, const char *expected) {
  char got[400] = "";
  fq_stmt *q = fq_sql(fq_kernel_db(k),
                      "SELECT data FROM journal WHERE subject = ? AND kind = 'thing.answered' ORDER BY seq",
                      "s", subject);
  while (fq_row(q)) {
    fq_json *d = fq_json_parse(fq_col_str(q, 0), strlen(fq_col_str(q, 0)), NULL);
    strcat(strcat(got, got[0] ? " " : ""), fq_json_str(d, "word"));
    fq_json_free(d);
  }
  assert_string_equal(got, expected);
}
__attribute__((unused)) static int64_t count(fq_kernel *k, const char *kind) {
  return fq_int(fq_kernel_db(k), 0, "SELECT count(*) FROM journal WHERE kind = ?", "s", kind);
}
/* Data of the last entry of a kind; the caller frees. */
__attribute__((unused)) static fq_json *last(fq_kernel *k, const char *kind) {
  fq_stmt *q =
      fq_sql(fq_kernel_db(k), "SELECT data FROM journal WHERE kind = ? ORDER BY seq DESC LIMIT 1", "s", kind);
  assert_true(fq_row(q));
  fq_json *d = fq_json_parse(fq_col_str(q, 0), strlen(fq_col_str(q, 0)), NULL);
  fq_done(q);
  return d;
}

/* Two kernels answer each of these alike, and none with nothing. */
__attribute__((unused)) static void same_answers(fq_kernel *a, fq_kernel *b, const char *const *questions,
                                                 size_t count) {
  for (size_t i = 0; i < count; i++) {
    fq_stmt *p = fq_sql(fq_kernel_db(a), questions[i], ""), *q = fq_sql(fq_kernel_db(b), questions[i], "");
    assert_true(fq_row(p) && fq_row(q));
    if (!fq_col_str(p, 0) || !fq_col_str(q, 0)) fail_msg("table %zu is empty", i);
    assert_string_equal(fq_col_str(p, 0), fq_col_str(q, 0));
    fq_done(p);
    fq_done(q);
  }
}

#endif
