/* The commands a pack brings: see setup.h. */
#include "policy/setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

static const char folder[] = "setup/";

/* "calendar.set" and "setup/office.lua" of one item; NULL where there is no text. */
static void read_item(const fq_json *item, const char **method, const char **path) {
  const fq_json *first = fq_json_type(item) == FQ_JSON_ARRAY ? fq_json_first(item) : NULL;
  *method = fq_json_as_str(first);
  *path = first ? fq_json_as_str(fq_json_next(first)) : NULL;
}

static bool may_run(const struct fq_module *modules, size_t count, const char *method) {
  for (size_t i = 0; i < count; i++)
    for (const struct fq_method *m = modules[i].table->methods; m && m->name; m++)
      if (!strcmp(m->name, method))
        return m->run && !(m->flags & FQ_INTERNAL) && (m->roles & FQ_ROLE_ADMIN_SYSTEM);
  return false;
}

void fq_setup_check(const fq_json *meta, struct fq_luaconf_lines *lines, const struct fq_module *modules,
                    size_t count, const fq_json *files, struct fq_findings *f) {
  const fq_json *list = fq_json_get(meta, "setup");
  int at = 0;
  if (list && fq_json_type(list) != FQ_JSON_ARRAY && fq_json_size(list)) {
    fq_finding_add(f, "pack.lua", fq_luaconf_line(lines, "setup"), FQ_EXIT_SYNTAX,
                   "%s 应为列表,如 { { \"calendar.set\", \"setup/office.lua\" } }",
                   "%s must be a list such as { { \"calendar.set\", \"setup/office.lua\" } }", "setup");
    return;
  }
  fq_json_each(item, list) {
    char key[32];
    const char *method, *path;
    snprintf(key, sizeof key, "setup[%d]", ++at);
    int line = fq_luaconf_line(lines, key);
    read_item(item, &method, &path);
    if (!method || !path || strncmp(path, folder, sizeof folder - 1)) {
      fq_finding_add(f, "pack.lua", line, FQ_EXIT_SYNTAX, "%s 应为 { \"方法\", \"setup/文件.lua\" }",
                     "%s must be { \"method\", \"setup/file.lua\" }", key);
      continue;
    }
    if (!may_run(modules, count, method))
      fq_finding_add(f, "pack.lua", line, FQ_EXIT_SYNTAX, "没有系统管理员可用的命令 %s",
                     "the system administrator has no command %s", method);
    const char *text = fq_json_str(files, path);
    struct fq_error e = {0};
    fq_json *params = text ? fq_luaconf_load(path, text, strlen(text), NULL, &e) : NULL;
    if (!text)
      fq_finding_add(f, "pack.lua", line, FQ_EXIT_SYNTAX, "包里没有文件 %s", "the pack has no file %s", path);
    else if (!params) {
      const char *colon = strrchr(e.path, ':');
      fq_finding_put(f, path, colon ? atoi(colon + 1) : 0, FQ_EXIT_SYNTAX, e.zh, e.en);
    }
    fq_json_free(params);
  }
  fq_json_each(file, files) { /* as with policies: one nobody listed is a mistake that would go unnoticed */
    bool listed = false;
    if (strncmp(fq_json_name(file), folder, sizeof folder - 1)) continue;
    fq_json_each(item, list) {
      const char *method, *path;
      read_item(item, &method, &path);
      listed |= path && !strcmp(path, fq_json_name(file));
    }
    if (!listed)
      fq_finding_add(f, fq_json_name(file), 0, FQ_EXIT_SYNTAX, "没有列入 %s 的 setup",
                     "not listed in setup of %s", "pack.lua");
  }
}

enum fq_status fq_setup_run(struct fq_call *c, const fq_json *files) {
  const char *text = fq_json_str(files, "pack.lua");
  fq_json *meta = fq_luaconf_load("pack.lua", text, strlen(text), NULL, c->error);
  enum fq_status st = meta ? FQ_OK : c->error->status;
  fq_json_each(item, fq_json_get(meta, "setup")) {
    const char *method, *path;
    if (st) break;
    read_item(item, &method, &path);
    const char *lua = fq_json_str(files, path);
    fq_json *params = fq_luaconf_load(path, lua, strlen(lua), NULL, c->error);
    if (!params) {
      st = c->error->status;
      break;
    }
    st = fq_call_method(c, method, params, NULL);
    if (st && c->error) {
      char where[sizeof c->error->path], inner[96];
      fq_copy(inner, sizeof inner, c->error->path);
      snprintf(where, sizeof where, "%.60s %s", path, inner);
      fq_copy(c->error->path, sizeof c->error->path, where);
    }
  }
  fq_json_free(meta);
  return st;
}

void fq_setup_again(struct fq_call *c, int64_t cause, const fq_json *files, fq_json *refused) {
  const char *text = fq_json_str(files, "pack.lua");
  struct fq_error e = {0};
  fq_json *meta = text ? fq_luaconf_load("pack.lua", text, strlen(text), NULL, &e) : NULL;
  fq_json_each(item, fq_json_get(meta, "setup")) {
    const char *method, *path;
    read_item(item, &method, &path);
    const char *lua = path ? fq_json_str(files, path) : NULL;
    e = (struct fq_error){0};
    fq_json *params = lua ? fq_luaconf_load(path, lua, strlen(lua), NULL, &e) : NULL;
    if (params && !fq_tick_run(c, c->actor, cause, method, params, NULL, &e)) continue;
    fq_json *o = fq_json_object();
    fq_json_set_str(o, "method", method);
    fq_json_set_str(o, "path", path);
    fq_json_set_str(o, "code", e.code);
    fq_json_set_str(o, "zh", e.zh);
    fq_json_set_str(o, "en", e.en);
    fq_json_push(refused, o);
  }
  fq_json_free(meta);
}
