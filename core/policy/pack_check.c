/* Is a pack right? All its mistakes at once, each with file and line. See pack.h. The thread that owns the
 * host. */
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/json.h"
#include "base/mem.h"
#include "policy/dictionary.h"
#include "policy/form.h"
#include "policy/luaconf.h"
#include "policy/pack.h"
#include "policy/setup.h"
#include "policy/signature.h"
#include "policy/suggest.h"

#define POLICIES_MAX 64

struct check {
  struct fq_host *host;
  const struct fq_module *modules;
  size_t modules_count;
  const fq_json *files, *meta;
  struct fq_luaconf_lines *lines;
  struct fq_pack *out;
  struct fq_findings *f;
};

static void wrong(struct check *c, const char *key, const char *zh, const char *en) {
  fq_finding_put(c->f, "pack.lua", fq_luaconf_line(c->lines, key), FQ_EXIT_SYNTAX, zh, en);
}

static void check_members(struct check *c) {
  static const char *const known[] = {"name", "version", "title", "policies",     "requires", "org",  "users",
                                      "map",  "forms",   "i18n",  "dictionaries", "setup",    "about"};
  fq_json_each(m, c->meta) {
    struct fq_suggest s;
    fq_suggest_start(&s, fq_json_name(m));
    bool found = false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
      found |= !strcmp(known[i], fq_json_name(m));
      fq_suggest_try(&s, known[i]);
    }
    if (found) continue;
    const char *best = fq_suggest_best(&s);
    char *zh = fq_printf("不认识的项 %s%s%s", s.word, best ? ",是不是 " : "", best ? best : "");
    char *en = fq_printf("unknown member '%s'%s%s", s.word, best ? ", did you mean " : "", best ? best : "");
    wrong(c, s.word, zh, en);
    free(zh);
    free(en);
  }
}

static void check_names(struct check *c, const char *expected) {
  const char *name = fq_json_str(c->meta, "name"), *version = fq_json_str(c->meta, "version");
  const fq_json *title = fq_json_get(c->meta, "title");
  if (!name || !*name || strlen(name) > 48)
    wrong(c, "name", "name 应为 1 到 48 个字符的名字", "name must be a name of 1 to 48 characters");
  else if (expected && strcmp(name, expected))
    wrong(c, "name", "name 与部署的包名不同", "name differs from the name deployed under");
  if (!version || !*version || strlen(version) > 40)
    wrong(c, "version", "version 应为文字,如 \"1.0\"", "version must be a text such as \"1.0\"");
  if (title && (fq_json_type(title) != FQ_JSON_OBJECT || !fq_json_str(title, "zh")))
    wrong(c, "title", "title 应为 { zh = …, en = … }", "title must be { zh = ..., en = ... }");
  fq_copy(c->out->name, sizeof c->out->name, name ? name : "");
  fq_copy(c->out->version, sizeof c->out->version, version ? version : "");
  const char *zh = fq_json_str(title, "zh"), *en = fq_json_str(title, "en");
  fq_copy(c->out->zh, sizeof c->out->zh, zh ? zh : c->out->name);
  fq_copy(c->out->en, sizeof c->out->en, en ? en : c->out->name);
}

static void check_requires(struct check *c) {
  const fq_json *list = fq_json_get(c->meta, "requires");
  if (list && fq_json_type(list) != FQ_JSON_ARRAY && fq_json_size(list)) {
    wrong(c, "requires", "requires 应为插件名的列表", "requires must be a list of plugin names");
    return;
  }
  fq_json_each(m, list) {
    const char *name = fq_json_as_str(m);
    bool found = false;
    for (size_t i = 0; i < c->modules_count; i++)
      found |= name && !strcmp(c->modules[i].table->name, name);
    if (found) continue;
    fq_finding_add(c->f, "pack.lua", fq_luaconf_line(c->lines, "requires"), FQ_EXIT_SYNTAX,
                   "需要的插件 %s 没有装载", "the plugin %s it requires is not loaded", name ? name : "?");
  }
}

static void check_policy(struct check *c, const char *path, int line) {
  const char *text = path ? fq_json_str(c->files, path) : NULL;
  if (!text) {
    fq_finding_add(c->f, "pack.lua", line, FQ_EXIT_SYNTAX, "包里没有文件 %s", "the pack has no file %s",
                   path ? path : "?");
    return;
  }
  struct fq_version *v = fq_version_compile(c->host, path, text, false, c->f);
  if (!v) return;
  for (size_t i = 0; i < c->out->count; i++)
    if (!strcmp(c->out->versions[i]->name, v->name))
      fq_finding_add(c->f, path, 0, FQ_EXIT_SYNTAX, "规则名 %s 已被 %s 使用",
                     "the policy name %s is taken by %s", v->name, c->out->versions[i]->path);
  c->out->versions = fq_realloc(c->out->versions, (c->out->count + 1) * sizeof *c->out->versions);
  c->out->versions[c->out->count++] = v;
}

static void check_policies(struct check *c) {
  const fq_json *list = fq_json_get(c->meta, "policies");
  if (fq_json_size(list) > POLICIES_MAX) {
    wrong(c, "policies", "规则最多 64 个", "at most 64 policies");
    return;
  }
  if (list && fq_json_type(list) != FQ_JSON_ARRAY && fq_json_size(list)) {
    wrong(c, "policies", "policies 应为文件名的列表", "policies must be a list of file names");
    return;
  }
  int i = 0;
  fq_json_each(m, list) {
    char *key = fq_printf("policies[%d]", ++i);
    check_policy(c, fq_json_as_str(m), fq_luaconf_line(c->lines, key));
    free(key);
  }
  fq_json_each(m, c->files) { /* a policy nobody listed is a mistake that would go unnoticed */
    const char *name = fq_json_name(m);
    if (strncmp(name, "policies/", 9)) continue;
    bool listed = false;
    fq_json_each(p, list) listed |= fq_json_as_str(p) && !strcmp(fq_json_as_str(p), name);
    if (!listed)
      fq_finding_add(c->f, name, 0, FQ_EXIT_SYNTAX, "没有列入 pack.lua 的 policies",
                     "not listed in policies of pack.lua");
  }
}

static int by_path(const void *a, const void *b) {
  return strcmp(fq_json_name(*(const fq_json *const *)a), fq_json_name(*(const fq_json *const *)b));
}

void fq_pack_digest(const fq_json *files, char out[65]) {
  struct fq_buf b = {0};
  const fq_json **list = fq_alloc((fq_json_size(files) + 1) * sizeof *list);
  size_t n = 0;
  fq_json_each(m, files) if (strcmp(fq_json_name(m), FQ_PACK_SIGNATURE)) /* it covers this digest */
      list[n++] = m;
  qsort(list, n, sizeof *list, by_path);
  for (size_t i = 0; i < n; i++) {
    const char *path = fq_json_name(list[i]), *text = fq_json_as_str(list[i]);
    if (!path[0]) continue;
    fq_buf_add(&b, path, strlen(path) + 1);
    if (text) fq_buf_add(&b, text, strlen(text) + 1);
  }
  free(list);
  uint8_t sum[FQ_SHA256];
  fq_sha256((struct fq_piece[]){{b.data ? b.data : "", b.len}, {0}}, sum);
  fq_hex(sum, sizeof sum, out);
  fq_buf_free(&b);
}

void fq_pack_version(const fq_json *files, char *out, size_t cap) {
  struct fq_error e = {0};
  const char *text = fq_json_str(files, "pack.lua");
  fq_json *meta = text ? fq_luaconf_load("pack.lua", text, strlen(text), NULL, &e) : NULL;
  const char *version = fq_json_str(meta, "version");
  fq_copy(out, cap, version ? version : "");
  fq_json_free(meta);
}

/* Whoever changes a signed pack signs it anew or takes the signature out: half a promise is none. */
static void check_signature(const fq_json *files, const struct fq_pack *pack, struct fq_findings *f) {
  struct fq_signature s;
  fq_signature_read(pack, files, &s);
  if (s.present && !s.fits)
    fq_finding_put(f, FQ_PACK_SIGNATURE, 0, FQ_EXIT_SYNTAX, "签名与内容不符:请重新签名,或删去 pack.sig",
                   "the signature does not fit the files: sign anew, or remove pack.sig");
}

bool fq_pack_check(struct fq_host *h, const struct fq_module *modules, size_t count, const char *name,
                   const fq_json *files, struct fq_pack *out, struct fq_findings *f) {
  size_t before = f->count;
  struct fq_error e = {0};
  *out = (struct fq_pack){0};
  fq_pack_files_check(files, f);
  if (fq_json_size(files) > FQ_PACK_FILES_MAX) return false;
  const char *text = fq_json_str(files, "pack.lua");
  if (!text) {
    fq_finding_add(f, "pack.lua", 0, FQ_EXIT_SYNTAX, "包里没有 pack.lua", "the pack has no pack.lua");
    return false;
  }
  struct fq_luaconf_lines *lines = NULL;
  fq_json *meta = fq_luaconf_load("pack.lua", text, strlen(text), &lines, &e);
  struct check c = {h, modules, count, files, meta, lines, out, f};
  if (meta) {
    check_members(&c);
    check_names(&c, name);
    check_requires(&c);
    check_policies(&c);
    fq_dictionary_check(files, f);
    fq_pack_forms_check(files, f);
    fq_setup_check(meta, lines, modules, count, files, f);
  } else {
    const char *colon = strrchr(e.path, ':');
    fq_finding_put(f, "pack.lua", colon ? atoi(colon + 1) : 0, FQ_EXIT_SYNTAX, e.zh, e.en);
  }
  fq_pack_digest(files, out->digest);
  check_signature(files, out, f);
  fq_json_free(meta);
  fq_luaconf_lines_free(lines);
  return f->count == before;
}

bool fq_pack_check_scenarios(struct fq_host *h, const fq_json *files, struct fq_findings *f) {
  size_t before = f->count;
  fq_json_each(m, files) {
    const char *path = fq_json_name(m), *text = fq_json_as_str(m);
    if (text && !strncmp(path, "scenarios/", 10)) fq_text_compiles(h, path, text, f);
  }
  return f->count == before;
}

void fq_pack_clear(struct fq_pack *p) {
  for (size_t i = 0; i < p->count; i++)
    fq_version_free(p->versions[i]);
  free(p->versions);
  *p = (struct fq_pack){0};
}
