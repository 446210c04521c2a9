/* What may be written in a policy: see api.h. Reader threads, a host of their own for each question. */
#include "policy/api.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"
#include "policy/host_internal.h"
#include "policy/lib_texts.h"
#include "policy/module_internal.h"

struct table {
  struct fq_host *host;
  lua_State *L;
  fq_json *words;
  struct fq_map *told; /* names that stand in `words` */
};

static const struct fq_view_fn *view_of(const struct fq_host *h, const char *name, const char **from) {
  for (size_t i = 0; i < h->count; i++)
    for (const struct fq_view_fn *f = h->modules[i].table->views; f && f->name; f++)
      if (!strcmp(f->name, name)) {
        *from = h->modules[i].table->name;
        return f;
      }
  return NULL;
}

/* "string.sub" or "dispatch" among what policies see? The type of what is there. */
static int seen(lua_State *L, const char *name) {
  int top = lua_gettop(L), type = LUA_TNIL;
  const char *dot = strchr(name, '.');
  lua_pushglobaltable(L);
  lua_pushlstring(L, name, dot ? (size_t)(dot - name) : strlen(name));
  type = lua_rawget(L, -2);
  if (dot && type == LUA_TTABLE) {
    lua_pushstring(L, dot + 1);
    type = lua_rawget(L, -2);
  } else if (dot)
    type = LUA_TNIL;
  lua_settop(L, top);
  return type;
}

static bool is_clause(lua_State *L, const char *name, size_t len) {
  int top = lua_gettop(L);
  lua_pushglobaltable(L);
  lua_pushstring(L, "clauses");
  bool there = lua_rawget(L, -2) == LUA_TTABLE;
  if (there) {
    lua_pushlstring(L, name, len);
    there = lua_rawget(L, -2) == LUA_TFUNCTION;
  }
  lua_settop(L, top);
  return there;
}

static void put(struct table *t, const char *kind, const char *name, const char *signature, const char *zh,
                const char *en, const fq_json *doc, const char *from) {
  fq_json *o = fq_json_object();
  fq_json_set_str(o, "name", name);
  fq_json_set_str(o, "kind", kind);
  fq_json_set_str(o, "signature", signature);
  if (zh) fq_json_set_str(o, "zh", zh);
  if (en) fq_json_set_str(o, "en", en);
  const char *example = fq_json_str(doc, "example"), *on = fq_json_str(doc, "on");
  if (example) fq_json_set_str(o, "example", example);
  if (example && !on)
    on = !strcmp(kind, "clause") || !strcmp(kind, "member") ? "member" : "incident.reported";
  if (example) fq_json_set_str(o, "on", on);
  fq_json_set_str(o, "from", from);
  fq_json_push(t->words, o);
  fq_map_put(&t->told, name, t);
}

static void put_view(struct table *t, const char *full, const fq_json *doc) {
  const char *from = "", *name = full + sizeof "view." - 1;
  const struct fq_view_fn *f = view_of(t->host, name, &from);
  if (!f) {
    if (!strcmp(name, "now"))
      put(t, "view", full, full, fq_json_str(doc, "zh"), fq_json_str(doc, "en"), doc, "server");
    return;
  }
  char *signature = fq_printf("%s(%s)", full, f->args ? f->args : "");
  put(t, "view", full, signature, f->zh, f->en, doc, from);
  free(signature);
}

/* One block of documentation: what it explains must be there, or it is left out. */
static void explain(struct table *t, const fq_json *doc, const char *from, const char *plain) {
  const char *name = fq_json_str(doc, "name"), *signature = fq_json_str(doc, "signature");
  const char *zh = fq_json_str(doc, "zh"), *en = fq_json_str(doc, "en"), *dot = strchr(name, '.');
  if (fq_map_get(t->told, name)) return;
  if (!strncmp(name, "view.", 5))
    put_view(t, name, doc);
  else if (!strncmp(name, "e.", 2))
    put(t, "entry", name, signature, zh, en, doc, from);
  else if (!strncmp(name, "member.", 7))
    put(t, "member", name + 7, name + 7, zh, en, doc, from);
  else if (!strncmp(name, "clauses.", 8) && is_clause(t->L, name + 8, strlen(name + 8)))
    put(t, "clause", name + 8, name + 8, zh, en, doc, from);
  else if (dot && is_clause(t->L, name, (size_t)(dot - name)))
    put(t, "member", name, name, zh, en, doc, from);
  else if (seen(t->L, name) != LUA_TNIL)
    put(t, plain, name, signature, zh, en, doc, from);
}

static void explain_all(struct table *t, const char *lua, const char *from, const char *plain) {
  fq_json *docs = fq_doc_comments(lua);
  fq_json_each(doc, docs) explain(t, doc, from, plain);
  fq_json_free(docs);
}

/* What nobody has explained is listed all the same: it can be used. */
static void put_rest(struct table *t, const char *prefix) {
  lua_State *L = t->L;
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING) continue;
    char *name = fq_printf("%s%s", prefix, lua_tostring(L, -2));
    bool inner = !strcmp(name, "clauses") || !strcmp(name, "refuse") || !strcmp(name, "_G");
    if (lua_type(L, -1) == LUA_TTABLE && !*prefix && !inner) {
      char *below = fq_printf("%s.", name);
      put_rest(t, below);
      free(below);
    } else if (!inner && !fq_map_get(t->told, name))
      put(t, "global", name, name, NULL, NULL, NULL, "server");
    free(name);
  }
}

static fq_json *words_of(struct fq_host *h) {
  struct table t = {.host = h, .L = fq_image_put(h, h->words), .words = fq_json_array()};
  lua_settop(t.L, 0);
  explain_all(&t, fq_lib_prelude, "server", "word");
  for (size_t i = 0; i < h->count; i++)
    if (h->modules[i].table->lua)
      explain_all(&t, h->modules[i].table->lua, h->modules[i].table->name, "word");
  for (size_t i = 0; i < h->count; i++)
    for (const struct fq_view_fn *f = h->modules[i].table->views; f && f->name; f++) {
      char *full = fq_printf("view.%s", f->name);
      if (!fq_map_get(t.told, full)) put_view(&t, full, NULL);
      free(full);
    }
  explain_all(&t, fq_lib_basics, "lua", "global");
  lua_pushglobaltable(t.L);
  put_rest(&t, "");
  lua_settop(t.L, 0);
  fq_map_clear(&t.told, NULL);
  return t.words;
}

static fq_json *kinds_of(const struct fq_host *h) {
  fq_json *out = fq_json_array();
  for (size_t i = 0; i < h->count; i++)
    for (const struct fq_kind *k = h->modules[i].table->kinds; k && k->name; k++) {
      fq_json *o = fq_json_object();
      fq_json_set_str(o, "name", k->name);
      fq_json_set_str(o, "zh", k->zh);
      fq_json_set_str(o, "en", k->en);
      fq_json_set_bool(o, "heard", !(k->flags & FQ_KIND_QUIET));
      fq_json_push(out, o);
    }
  return out;
}

static fq_json *methods_of(const struct fq_host *h) {
  fq_json *out = fq_json_array();
  for (size_t i = 0; i < h->count; i++)
    for (const struct fq_method *m = h->modules[i].table->methods; m && m->name; m++) {
      if (!(m->flags & FQ_POLICY) || !m->run) continue;
      fq_json *o = fq_json_object();
      fq_json_set_str(o, "name", m->name);
      fq_json_set_str(o, "zh", m->zh);
      fq_json_set_str(o, "en", m->en);
      fq_json_set(o, "params", fq_schema_describe(m->params));
      fq_json_push(out, o);
    }
  return out;
}

fq_json *fq_policy_api(struct fq_host *h) {
  fq_json *out = fq_json_object();
  fq_json_set(out, "words", words_of(h));
  fq_json_set(out, "kinds", kinds_of(h));
  fq_json_set(out, "methods", methods_of(h));
  return out;
}

/* -- the part -----------------------------------------------------------------------------------------------
 */

static enum fq_status api(struct fq_query *q) {
  struct fq_policy *p = q->self;
  struct fq_host *h = fq_host_new(p->modules, p->modules_count, NULL, q->error);
  if (!h) return q->error->status;
  fq_json *all = fq_policy_api(h);
  for (const char *const *name = (const char *const[]){"words", "kinds", "methods", NULL}; *name; name++)
    fq_json_set(q->result, *name, fq_json_detach(all, *name));
  fq_json_free(all);
  fq_host_free(h);
  return FQ_OK;
}

static enum fq_status templates(struct fq_query *q) {
  fq_json_set(q->result, "rows", fq_policy_templates());
  return FQ_OK;
}

#define WRITERS (FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT)
static const struct fq_method methods[] = {
    {.name = "policy.api",
     .roles = WRITERS,
     .query = api,
     .zh = "规则里可以写什么:词、提问、记录、命令",
     .en = "what may be written in a policy: words, questions, entries, commands",
     .result =
         "{words:[{name, kind, signature, zh, en, example?, on?, from}], kinds:[{name, zh, en, heard}], "
         "methods:[{name, zh, en, params}]}"},
    {.name = "policy.templates",
     .roles = WRITERS,
     .query = templates,
     .zh = "规则包的样板",
     .en = "packs to begin with",
     .result = "{rows:[{id, zh, en, what_zh, what_en, files}]}"},
    {0}};

const struct fq_plugin fq_policy_api_part = {FQ_PLUGIN_HEAD,   .name = "policy.api",      .version = "1",
                                             .zh = "规则用语", .en = "words of policies", .methods = methods};
