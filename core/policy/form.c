/* Forms of a pack: see form.h. */
#include "policy/form.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/map.h"
#include "kernel/form.h"

static bool is_form(const fq_json *file) {
  return !strncmp(fq_json_name(file), "forms/", 6) && fq_json_as_str(file);
}

/* In JSON a place is a member, not a line: the path within the form stands before what is said of it. */
struct told {
  const char *path;
  struct fq_findings *f;
};
static void tell(void *arg, bool wrong, const char *code, const char *path, const char *zh, const char *en) {
  const struct told *t = arg;
  if (!wrong) return; /* advice is for whoever writes the form, not for whoever deploys it */
  char all_zh[320], all_en[320];
  snprintf(all_zh, sizeof all_zh, "%.100s%s%.200s", path, *path ? ":" : "", zh);
  snprintf(all_en, sizeof all_en, "%.100s%s%.200s", path, *path ? ": " : "", en);
  fq_finding_put(t->f, t->path, 0, FQ_EXIT_SYNTAX, all_zh, all_en);
}

void fq_pack_forms_check(const fq_json *files, struct fq_findings *f) {
  struct fq_map *seen = NULL;
  fq_json_each(file, files) {
    const char *path = fq_json_name(file), *text = fq_json_as_str(file);
    struct fq_error e = {0};
    if (!is_form(file)) continue;
    fq_json *form = fq_json_parse(text, strlen(text), &e);
    if (!form) {
      fq_finding_put(f, path, 0, FQ_EXIT_SYNTAX, e.zh, e.en);
      continue;
    }
    fq_form_lint(form, tell, &(struct told){path, f});
    const char *id = fq_json_str(form, "id");
    const char *other = id ? fq_map_get(seen, id) : NULL;
    if (other)
      fq_finding_add(f, path, 0, FQ_EXIT_SYNTAX, "表单 %s 已在 %s 里", "the form %s is in %s already", id,
                     other);
    else if (id)
      fq_map_put(&seen, id, (void *)(uintptr_t)path);
    fq_json_free(form);
  }
  fq_map_clear(&seen, NULL);
}

enum fq_status fq_pack_forms_emit(struct fq_call *c, const char *pack, const fq_json *files) {
  fq_json *forms = fq_json_array();
  fq_json_each(file, files) {
    const char *text = fq_json_as_str(file);
    fq_json *form = is_form(file) ? fq_json_parse(text, strlen(text), NULL) : NULL;
    if (form) fq_json_push(forms, form); /* it was checked */
  }
  enum fq_status st = fq_form_bring(c, pack, forms);
  fq_json_free(forms);
  return st;
}
