/*
 * Finding, loading and configuring the plugins of one server.
 * Must not call into a plugin: init, fini and the rest are called by the kernel.
 * Kernel thread, before the loop runs.
 */
#include "plugin/registry.h"
#include "base/mem.h"
#include "policy/suggest.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef FQ_PKGLIBDIR
#define FQ_PKGLIBDIR "/usr/local/lib/fengqiao"
#endif

char *fq_registry_find(const char *dir, const char *name) {
  char *tries[] = {
      fq_printf("%s/%s.so", dir, name),
      fq_printf("%s/.libs/%s.so", dir, name),
      fq_printf("%s/%s/.libs/%s.so", dir, name, name),
      fq_printf("%s/plugins/%s/.libs/%s.so", dir, name, name),
  };
  char *found = NULL;
  for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
    if (!found && access(tries[i], F_OK) == 0)
      found = tries[i];
    else
      free(tries[i]);
  }
  return found;
}

/* A name becomes part of a path: nothing that could leave the directory. */
static bool name_ok(const char *s) {
  size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-");
  return n > 0 && n < 32 && !s[n];
}

/* Is a plugin that is there meant? */
static void suggest_from(struct fq_suggest *suggest, const char *dir) {
  DIR *d = opendir(dir);
  for (struct dirent *f; d && (f = readdir(d));) {
    size_t len = strlen(f->d_name);
    if (len <= 3 || strcmp(f->d_name + len - 3, ".so") != 0) continue;
    char *name = fq_strndup(f->d_name, len - 3);
    fq_suggest_try(suggest, name);
    free(name);
  }
  if (d) closedir(d);
}

struct loading {
  struct fq_registry *r;
  const struct fq_registry_config *config;
  const char *dir;
  struct fq_problem_list *problems;
};

static int line_of(const struct loading *l, const char *path) {
  const struct fq_option_source *s = &l->config->source;
  return s->line ? s->line(s->ctx, path) : 0;
}

/* Where the configuration lists the plugins. */
#define LIST "server.plugins"
#define PROBLEM(l, ...)                                                                                      \
  fq_problem_add((l)->problems, (l)->config->source.file, line_of(l, LIST), LIST, __VA_ARGS__)

static void no_such_plugin(const struct loading *l, const char *name) {
  struct fq_suggest suggest;
  fq_suggest_start(&suggest, name);
  suggest_from(&suggest, l->dir);
  char *libs = fq_printf("%s/.libs", l->dir);
  suggest_from(&suggest, libs);
  free(libs);
  const char *near = fq_suggest_best(&suggest);
  if (near)
    PROBLEM(l, "%s 里没有插件 %s,是不是想写 %s?", "%s has no plugin %s; did you mean %s?", l->dir, name,
            near);
  else
    PROBLEM(l, "%s 里没有插件 %s(%s.so)", "%s has no plugin %s (%s.so)", l->dir, name, name);
}

static const struct fq_registry_slot *loaded_as(const struct fq_registry *r, const char *name) {
  for (size_t i = 0; i < r->count; i++)
    if (strcmp(r->slots[i].loaded.table->name, name) == 0) return &r->slots[i];
  return NULL;
}

static void load_one(struct loading *l, const char *name) {
  if (!name_ok(name)) {
    PROBLEM(l, "插件名 \"%s\" 不合规:应为小写字母、数字、下划线、短横",
            "plugin name \"%s\" is not lower-case letters, digits, underscores and hyphens", name);
    return;
  }
  char *path = fq_registry_find(l->dir, name);
  if (!path) {
    no_such_plugin(l, name);
    return;
  }
  struct fq_loaded loaded;
  struct fq_error e = {0};
  if (fq_plugin_load(path, &loaded, &e) != FQ_OK) {
    fq_problem_add_error(l->problems, l->config->source.file, line_of(l, LIST), LIST, &e);
    free(path);
    return;
  }
  const struct fq_plugin *t = loaded.table;
  const struct fq_registry_slot *same = loaded_as(l->r, t->name);
  if (same) {
    PROBLEM(l, "插件名 %s 重复:%s 和 %s", "duplicate plugin name %s: %s and %s", t->name, same->loaded.path,
            path);
  } else if (strcmp(t->name, name) != 0) {
    PROBLEM(l, "%s 里的插件自称 %s:文件名应与插件名一致",
            "%s holds a plugin that calls itself %s: file and plugin "
            "must have one name",
            path, t->name);
  } else {
    struct fq_registry *r = l->r;
    r->slots = fq_realloc(r->slots, (r->count + 1) * sizeof *r->slots);
    struct fq_registry_slot *slot = &r->slots[r->count++];
    slot->loaded = loaded;
    slot->self = fq_alloc(t->self_bytes ? t->self_bytes : 1);
    const fq_json *values = l->config->values ? fq_json_get(l->config->values, t->name) : NULL;
    fq_options_parse(t->options, t->name, values, &l->config->source, slot->self, l->problems);
    loaded.table = NULL;
  }
  fq_loaded_free(&loaded);
  free(path);
}

/* A section is read by the server itself or by a plugin in the list, even one that failed to load: its
 * options are then not a second mistake. */
static void check_sections(struct loading *l) {
  const struct fq_registry_config *c = l->config;
  size_t n = 0, own = 0;
  while (c->sections && c->sections[own])
    own++;
  const char **known = fq_alloc((own + c->count + 1) * sizeof *known);
  for (size_t i = 0; i < own; i++)
    known[n++] = c->sections[i];
  for (size_t i = 0; i < c->count; i++)
    known[n++] = c->names[i];
  fq_options_sections(c->values, known, n, &c->source, l->problems);
  free(known);
}

size_t fq_registry_load(struct fq_registry *r, const struct fq_registry_config *config,
                        struct fq_problem_list *problems) {
  size_t before = problems->count;
  struct loading l = {r, config, config->dir ? config->dir : FQ_PKGLIBDIR, problems};
  for (size_t i = 0; i < config->count; i++)
    load_one(&l, config->names[i]);
  check_sections(&l);
  return problems->count - before;
}

enum fq_status fq_registry_add(const struct fq_registry *r, fq_kernel *k, struct fq_error *e) {
  for (size_t i = 0; i < r->count; i++) {
    enum fq_status st = fq_kernel_add(k, r->slots[i].loaded.table, r->slots[i].self, e);
    if (st != FQ_OK) return st;
  }
  return FQ_OK;
}

void fq_registry_free(struct fq_registry *r) {
  for (size_t i = 0; i < r->count; i++) {
    free(r->slots[i].self);
    fq_loaded_free(&r->slots[i].loaded);
  }
  free(r->slots);
  memset(r, 0, sizeof *r);
}
