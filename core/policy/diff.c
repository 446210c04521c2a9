/*
 * What differs between two states of a pack: generations of it, its draft, files at hand. Their text, line by
 * line, and which policies hear what. What they would decide differently is a replay's question. Reader
 * threads, with a host of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/module_internal.h"
#include "policy/pack.h"
#include "policy/textdiff.h"

struct side {
  struct fq_candidate is;
  struct fq_pack pack; /* as far as it compiles */
  struct fq_findings findings;
  fq_json *about; /* {label, digest, version, generation?, rev?, findings} */
};

static void label(struct side *s, const char *text) {
  s->about = fq_json_object();
  fq_json_set_str(s->about, "label", text);
}

static enum fq_status read_generation(struct fq_query *q, struct side *s, const char *pack, int64_t gen) {
  int64_t number = gen ? gen : fq_candidate_active(q->db, pack);
  char text[40];
  s->is.files = fq_candidate_files_at(q->db, pack, gen);
  if (!s->is.files && gen)
    return fq_fail(q->error, FQ_E_NOT_FOUND, "pack.unknown_generation", "from", "第 %lld 代没有规则包 %s",
                   "generation %lld has no pack %s", (long long)gen, pack);
  if (!s->is.files) { /* not deployed: everything is added */
    s->is.files = fq_json_object();
    label(s, "-");
    return FQ_OK;
  }
  snprintf(text, sizeof text, "%lld", (long long)number);
  label(s, text);
  fq_json_set_int(s->about, "generation", number);
  return FQ_OK;
}

/* The later side: a generation, files, or - when nothing is said - the draft. */
static enum fq_status read_to(struct fq_query *q, struct side *s, const char *pack) {
  int64_t to = fq_json_int(q->params, "to", 0);
  const fq_json *files = fq_json_get(q->params, "files");
  bool draft = fq_json_bool(q->params, "draft", false);
  if ((to != 0) + (files != NULL) + draft > 1)
    return fq_fail(q->error, FQ_E_PARAMS, "params", "to", "to、files、draft 只能给一个",
                   "give one of to, files and draft");
  if (to) return read_generation(q, s, pack, to);
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "pack", pack);
  if (files)
    fq_json_set(params, "files", fq_json_dup(files));
  else
    fq_json_set_bool(params, "draft", true);
  const struct fq_policy *p = q->self;
  enum fq_status st = fq_candidate_read(p->kernel, q->db, params, &s->is, q->error);
  fq_json_free(params);
  if (st) return st;
  label(s, files ? "files" : "draft");
  if (s->is.rev) fq_json_set_int(s->about, "rev", s->is.rev);
  return FQ_OK;
}

static void compile(struct fq_policy *p, struct fq_host *h, struct side *s, const char *pack) {
  char digest[65];
  fq_pack_digest(s->is.files, digest);
  if (fq_json_size(s->is.files))
    fq_pack_check(h, p->modules, p->modules_count, pack, s->is.files, &s->pack, &s->findings);
  fq_json_set_str(s->about, "digest", digest);
  fq_json_set_str(s->about, "version", s->pack.version);
  fq_json_set_int(s->about, "findings", (int64_t)s->findings.count);
}

static void clear(struct side *s) {
  fq_candidate_clear(&s->is);
  fq_pack_clear(&s->pack);
  fq_findings_free(&s->findings);
  fq_json_free(s->about);
}

/* -- texts */

static int by_name(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static fq_json *diff_file(const char *path, const char *from, const char *to) {
  fq_json *o = fq_json_object();
  const char *change = !from ? "added" : !to ? "removed" : strcmp(from, to) ? "changed" : "same";
  fq_json_set_str(o, "path", path);
  fq_json_set_str(o, "change", change);
  fq_json_set(o, "hunks", strcmp(change, "same") ? fq_textdiff(from, to) : fq_json_array());
  return o;
}

static fq_json *diff_files(const fq_json *from, const fq_json *to) {
  size_t count = 0;
  const char **paths = fq_alloc((fq_json_size(from) + fq_json_size(to) + 1) * sizeof *paths);
  fq_json *list = fq_json_array();
  fq_json_each(m, from) paths[count++] = fq_json_name(m);
  fq_json_each(m, to) if (!fq_json_get(from, fq_json_name(m))) paths[count++] = fq_json_name(m);
  qsort(paths, count, sizeof *paths, by_name);
  for (size_t i = 0; i < count; i++)
    fq_json_push(list, diff_file(paths[i], fq_json_str(from, paths[i]), fq_json_str(to, paths[i])));
  free(paths);
  return list;
}

/* -- policies */

static const struct fq_version *named(const struct fq_pack *pack, const char *name) {
  for (size_t i = 0; i < pack->count; i++)
    if (!strcmp(pack->versions[i]->name, name)) return pack->versions[i];
  return NULL;
}

static bool broken(const struct side *s, const char *path) {
  for (size_t i = 0; i < s->findings.count; i++)
    if (!strcmp(s->findings.list[i].path, path)) return true;
  return false;
}

static fq_json *kinds_only_in(const struct fq_version *v, const struct fq_version *other) {
  fq_json *list = fq_json_array();
  if (v)
    fq_json_each(k, v->kinds) if (!other || !fq_version_hears(other, fq_json_as_str(k)))
        fq_json_push(list, fq_json_dup(k));
  return list;
}

static void diff_policy(fq_json *list, const struct fq_version *a, const struct fq_version *b,
                        const char *change) {
  fq_json *o = fq_json_object();
  fq_json_set_str(o, "policy", a ? a->name : b->name);
  fq_json_set_str(o, "path", b ? b->path : a->path);
  fq_json_set_str(o, "change", change);
  fq_json_set(o, "kinds_added", kinds_only_in(b, a));
  fq_json_set(o, "kinds_removed", kinds_only_in(a, b));
  fq_json_push(list, o);
}

static fq_json *diff_policies(const struct side *from, const struct side *to) {
  fq_json *list = fq_json_array();
  for (size_t i = 0; i < from->pack.count; i++) {
    const struct fq_version *a = from->pack.versions[i], *b = named(&to->pack, a->name);
    const char *gone = broken(to, a->path) ? "broken" : "removed";
    diff_policy(list, a, b, !b ? gone : strcmp(a->hash, b->hash) ? "changed" : "same");
  }
  for (size_t i = 0; i < to->pack.count; i++)
    if (!named(&from->pack, to->pack.versions[i]->name))
      diff_policy(list, NULL, to->pack.versions[i], "added");
  return list;
}

enum fq_status fq_policy_diff(struct fq_query *q) {
  struct fq_policy *p = q->self;
  const char *pack = fq_json_str(q->params, "pack");
  struct side from = {0}, to = {0};
  struct fq_host *h = NULL;
  enum fq_status st = read_generation(q, &from, pack, fq_json_int(q->params, "from", 0));
  if (!st) st = read_to(q, &to, pack);
  if (!st && !(h = fq_host_new(p->modules, p->modules_count, NULL, q->error))) st = q->error->status;
  if (!st) {
    compile(p, h, &from, pack);
    compile(p, h, &to, pack);
    fq_json_set(q->result, "from", fq_json_dup(from.about));
    fq_json_set(q->result, "to", fq_json_dup(to.about));
    fq_json_set(q->result, "files", diff_files(from.is.files, to.is.files));
    fq_json_set(q->result, "policies", diff_policies(&from, &to));
  }
  clear(&from);
  clear(&to);
  fq_host_free(h);
  return st;
}
