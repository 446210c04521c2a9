/* Packs to begin with: see api.h. The texts are scripts/templates, compiled in by policy.am. Any thread. */
#include <string.h>

#include "base/json.h"
#include "policy/api.h"
#include "policy/lib_texts.h"
#include "policy/luaconf.h"

/* Title and `about` of its pack.lua are what a person chooses by. */
static void describe(fq_json *o, const char *text) {
  fq_json *meta = fq_luaconf_load("pack.lua", text, strlen(text), NULL, NULL);
  const fq_json *title = fq_json_get(meta, "title"), *about = fq_json_get(meta, "about");
  fq_json_set_str(o, "zh", fq_json_str(title, "zh"));
  fq_json_set_str(o, "en", fq_json_str(title, "en"));
  fq_json_set_str(o, "what_zh", fq_json_str(about, "zh"));
  fq_json_set_str(o, "what_en", fq_json_str(about, "en"));
  fq_json_free(meta);
}

fq_json *fq_policy_templates(void) {
  fq_json *out = fq_json_array(), *o = NULL, *files = NULL;
  const char *id = "";
  for (const struct fq_lib_file *f = fq_lib_templates; f->path;
       f++) { /* sorted: a template's files together */
    if (strcmp(id, f->id)) {
      id = f->id;
      o = fq_json_object();
      files = fq_json_object();
      fq_json_set_str(o, "id", id);
      fq_json_set(o, "files", files);
      fq_json_push(out, o);
    }
    fq_json_set_str(files, f->path, f->text);
    if (!strcmp(f->path, "pack.lua")) describe(o, f->text);
  }
  return out;
}
