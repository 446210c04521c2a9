/*
 * What a policy sees: the entry as `e`, and `view` with the plugins' reading functions, whose answers are
 * recorded (or, on re-execution, read from the record). See host.h.
 */
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/host_internal.h"
#include "policy/lua_json.h"
#include "policy/sandbox.h"
#include "policy/track.h"

#define ASK_STEPS 1000 /* a question costs the database a search or two: about 10 us */

/* An argument as recorded: a part of the entry by its name, anything else by value. NULL when it is no JSON.
 */
static fq_json *read_argument(lua_State *L, int idx, const struct run *run, struct fq_lua_flaw *flaw) {
  if (lua_type(L, idx) == LUA_TTABLE)
    for (size_t i = 0; i < run->part_count; i++)
      if (lua_topointer(L, idx) == run->parts[i]) {
        fq_json *reference = fq_json_object();
        fq_json_set_str(reference, "$e", run->part_names[i]);
        return reference;
      }
  return fq_lua_read(L, idx, flaw);
}

/* What a reference is recorded as is not for a policy to write. */
static bool forged(lua_State *L, int idx, const struct run *run, const fq_json *a) {
  if (fq_json_type(a) != FQ_JSON_OBJECT || !fq_json_get(a, "$e")) return false;
  for (size_t i = 0; i < run->part_count; i++)
    if (lua_topointer(L, idx) == run->parts[i]) return false;
  return true;
}

static const fq_json *part(const struct run *run, const char *name) {
  const fq_json *v = fq_json_get(run->question->context, name);
  return v ? v : fq_json_get(run->question->entry->data, name);
}

/* The arguments as the view function wants them: references replaced by what they refer to. */
static fq_json *resolved(const struct run *run, const fq_json *args) {
  fq_json *out = fq_json_array();
  fq_json_each(a, args) {
    const char *name = fq_json_type(a) == FQ_JSON_OBJECT ? fq_json_str(a, "$e") : NULL;
    fq_json_push(out, fq_json_dup(name ? part(run, name) : a));
  }
  return out;
}

/* Lua carries one text; the other waits in the run. Takes both, which are gone before Lua can raise. */
static int raise(lua_State *L, struct run *run, char *zh, char *en) {
  fq_copy(run->said_zh, sizeof run->said_zh, zh);
  fq_copy(run->said_en, sizeof run->said_en, en);
  free(zh);
  free(en);
  return luaL_error(L, "%s", run->said_en);
}

static int ask_record(lua_State *L, struct run *run, const char *name, fq_json *args) {
  const fq_json *record = fq_json_first(run->question->answers);
  for (size_t i = 0; record && i < run->asked; i++)
    record = fq_json_next(record);
  const fq_json *fn = fq_json_first(record), *then = fn ? fq_json_next(fn) : NULL;
  bool same = then && fq_json_as_str(fn) && !strcmp(fq_json_as_str(fn), name) && fq_json_equal(then, args);
  fq_json_free(args);
  if (!same) {
    run->out->strayed = true;
    return luaL_error(L, "view.%s was not asked with these arguments when this was decided", name);
  }
  run->asked++;
  fq_json_push(run->out->answers, fq_json_dup(record));
  const fq_json *answer = fq_json_next(then), *failed = answer ? fq_json_next(answer) : NULL;
  if (failed)
    return raise(L, run, fq_strdup(fq_json_str(failed, "zh")), fq_strdup(fq_json_str(failed, "en")));
  fq_lua_push(L, answer);
  return 1;
}

static bool is_fleeting(const struct fq_module *m, const char *name) {
  const struct fq_plugin *p = m->table;
  if (p->size <= offsetof(struct fq_plugin, fleeting)) return false;
  for (const char *const *f = p->fleeting; f && *f; f++)
    if (!strcmp(*f, name)) return true;
  return false;
}

/* The recorded answer to the same question; NULL when it was not asked, or the view failed. */
static fq_json *known_answer(const fq_json *known, const char *name, const fq_json *args) {
  fq_json_each(record, known) {
    const fq_json *fn = fq_json_first(record), *then = fn ? fq_json_next(fn) : NULL,
                  *answer = then ? fq_json_next(then) : NULL;
    bool same = answer && fq_json_as_str(fn) && !strcmp(fq_json_as_str(fn), name);
    if (same && !fq_json_next(answer) && fq_json_equal(then, args)) return fq_json_dup(answer);
  }
  return NULL;
}

/* upvalues: the view function, its module */
static int ask(lua_State *L) {
  const struct fq_view_fn *fn = lua_touserdata(L, lua_upvalueindex(1));
  const struct fq_module *module = lua_touserdata(L, lua_upvalueindex(2));
  struct run *run = fq_host_of(L)->run;
  if (!run) return luaL_error(L, "view.%s: only while deciding", fn->name);
  if (run->asked >= FQ_VIEWS_MAX) return luaL_error(L, "more than %d questions to view", FQ_VIEWS_MAX);
  fq_limits_charge(L, ASK_STEPS);
  int n = lua_gettop(L);
  struct fq_lua_flaw flaw = {0};
  fq_json *args = fq_json_array();
  for (int i = 1; i <= n; i++) {
    fq_json *a = read_argument(L, i, run, &flaw);
    if (a && forged(L, i, run, a)) {
      fq_json_free(a);
      a = NULL;
      flaw = (struct fq_lua_flaw){.zh = "不能有名为 $e 的成员", .en = "must not have a member named $e"};
    }
    if (!a) {
      fq_json_free(args);
      return raise(L, run, fq_printf("view.%s 的第 %d 个参数:%s %s", fn->name, i, flaw.path, flaw.zh),
                   fq_printf("view.%s: argument %d: %s %s", fn->name, i, flaw.path, flaw.en));
    }
    fq_json_push(args, a);
  }
  if (run->question->answers) return ask_record(L, run, fn->name, args);
  if (run->question->track && run->question->track->before)
    run->question->track->before(run->question->track->arg, fn->name);
  fq_json *real = resolved(run, args), *record = fq_json_array();
  struct fq_error error = {0};
  struct fq_view v = {.db = run->question->db,
                      .self = module->self,
                      .now_ms = run->question->entry->at_ms,
                      .args = real,
                      .error = &error};
  bool fleeting = is_fleeting(module, fn->name);
  if (fleeting) v.answer = known_answer(run->question->known, fn->name, args);
  run->out->fleeting += fleeting && !v.answer;
  enum fq_status status = v.answer ? FQ_OK : fn->fn(&v);
  fq_json_free(real);
  fq_json *answer = !status && v.answer ? v.answer : fq_json_new_null();
  fq_json_push(record, fq_json_new_str(fn->name));
  fq_json_push(record, args);
  fq_json_push(record, answer);
  if (status) { /* a refusal is an answer, too: on record it is given again */
    char *zh = fq_printf("view.%s:%s", fn->name, error.zh),
         *en = fq_printf("view.%s: %s", fn->name, error.en);
    fq_json *failed = fq_json_object();
    fq_json_set_str(failed, "zh", zh);
    fq_json_set_str(failed, "en", en);
    fq_json_push(record, failed);
    fq_json_push(run->out->answers, record);
    run->asked++;
    fq_json_free(v.answer);
    if (run->question->track) {
      fq_json *said = fq_view_refusal(&error);
      fq_track_answer(L, fn->name, args, said, (int)run->asked);
      fq_json_free(said);
    }
    return raise(L, run, zh, en);
  }
  fq_json_push(run->out->answers, record); /* owned there before Lua can raise */
  run->asked++;
  if (run->question->track)
    fq_track_answer(L, fn->name, args, answer, (int)run->asked);
  else
    fq_lua_push(L, answer);
  return 1;
}

fq_json *fq_view_refusal(const struct fq_error *e) {
  char *text = fq_printf("! %s", e->en);
  fq_json *v = fq_json_new_str(text);
  free(text);
  return v;
}

fq_json *fq_view_ask(struct fq_host *h, const char *name, const fq_json *args, const fq_json *e, fq_db *db,
                     int64_t now_ms, struct fq_error *error) {
  fq_json *real = fq_json_array(), *answer = NULL;
  fq_json_each(a, args) {
    const char *part = fq_json_type(a) == FQ_JSON_OBJECT ? fq_json_str(a, "$e") : NULL;
    fq_json_push(real, fq_json_dup(part ? fq_json_get(e, part) : a));
  }
  for (size_t i = 0; i < h->count && !answer; i++)
    for (const struct fq_view_fn *f = h->modules[i].table->views; f && f->name && !answer; f++) {
      if (strcmp(f->name, name)) continue;
      struct fq_view v = {
          .db = db, .self = h->modules[i].self, .now_ms = now_ms, .args = real, .error = error};
      if (f->fn(&v) == FQ_OK)
        answer = v.answer ? v.answer : fq_json_new_null();
      else
        fq_json_free(v.answer);
    }
  fq_json_free(real);
  return answer;
}

void fq_view_open(lua_State *L, const struct fq_host *h) {
  lua_newtable(L);
  lua_pushinteger(L, 0);
  lua_setfield(L, -2, "now");
  for (size_t i = 0; i < h->count; i++)
    for (const struct fq_view_fn *f = h->modules[i].table->views; f && f->name; f++) {
      lua_pushlightuserdata(L, (void *)f);
      lua_pushlightuserdata(L, (void *)&h->modules[i]);
      lua_pushcclosure(L, ask, 2);
      lua_setfield(L, -2, f->name);
    }
  fq_sandbox_strict_table(L, "view has no");
  lua_setfield(L, LUA_REGISTRYINDEX, REG_VIEW);
}

static void add_part(lua_State *L, struct run *run, const fq_json *m) {
  const char *name = fq_json_name(m);
  fq_lua_push(L, m);
  if (lua_type(L, -1) == LUA_TTABLE && run->part_count < sizeof run->parts / sizeof *run->parts) {
    run->parts[run->part_count] = lua_topointer(L, -1);
    run->part_names[run->part_count++] = name;
  }
  lua_setfield(L, -2, name);
}

fq_json *fq_view_entry(const struct fq_entry *e, const fq_json *context) {
  fq_json *out = fq_json_dup(e->data);
  if (!out) out = fq_json_object();
  fq_json_each(m, context) fq_json_set(out, fq_json_name(m), fq_json_dup(m));
  fq_json_set_int(out, "seq", e->seq);
  fq_json_set_str(out, "kind", e->kind);
  fq_json_set_int(out, "at", e->at_ms);
  fq_json_set_str(out, "subject", e->subject);
  fq_json_set_str(out, "org", e->org);
  fq_json_set_str(out, "actor", e->actor);
  fq_json_set_int(out, "cause", e->cause);
  return out;
}

/* The entry's own members win over what plugins add, and that over the members of its data. */
void fq_view_begin(lua_State *L, struct run *run) {
  const struct fq_entry *e = run->question->entry;
  if (run->question->track) {
    fq_track_begin(L, run->question->track);
    return;
  }
  static const char *const own[] = {"seq", "kind", "at", "subject", "org", "actor", "cause"};
  lua_createtable(L, 0, 24);
  fq_json_each(m, e->data) {
    bool taken = fq_json_get(run->question->context, fq_json_name(m)) != NULL;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
      taken |= !strcmp(own[i], fq_json_name(m));
    if (!taken) add_part(L, run, m);
  }
  fq_json_each(m, run->question->context) add_part(L, run, m);
  lua_pushinteger(L, e->seq), lua_setfield(L, -2, "seq");
  lua_pushstring(L, e->kind), lua_setfield(L, -2, "kind");
  lua_pushinteger(L, e->at_ms), lua_setfield(L, -2, "at");
  lua_pushstring(L, e->subject), lua_setfield(L, -2, "subject");
  lua_pushstring(L, e->org), lua_setfield(L, -2, "org");
  lua_pushstring(L, e->actor), lua_setfield(L, -2, "actor");
  lua_pushinteger(L, e->cause), lua_setfield(L, -2, "cause");
  lua_getfield(L, LUA_REGISTRYINDEX, REG_VIEW);
  lua_pushinteger(L, e->at_ms);
  lua_setfield(L, -2, "now");
}
