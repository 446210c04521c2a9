/* Where a pack's files come from: see candidate.h. */
#include "policy/candidate.h"

#include "base/json.h"
#include "policy/module_internal.h"
#include "policy/pack.h"

struct fq_policy *fq_policy_of(const fq_kernel *k) {
  size_t count;
  const struct fq_module *m = fq_kernel_modules(k, &count);
  for (size_t i = 0; i < count; i++)
    if (m[i].table == &fq_policy_module) return m[i].self;
  return NULL;
}

void fq_policy_set_drafts(fq_kernel *k, fq_draft_fn read) {
  struct fq_policy *p = fq_policy_of(k);
  if (p) p->drafts = read;
}

int64_t fq_candidate_active(fq_db *db, const char *pack) {
  return fq_int(db, 0, "SELECT generation FROM policy_act WHERE pack = ? ORDER BY n DESC LIMIT 1", "s", pack);
}

fq_json *fq_candidate_files_at(fq_db *db, const char *pack, int64_t generation) {
  int64_t gen = generation ? generation : fq_policy_current(db);
  int64_t origin =
      fq_int(db, 0,
             "SELECT max(a.n) FROM policy_pack p JOIN policy_act a ON a.pack = p.pack AND a.digest = p.digest"
             " AND a.generation <= p.gen AND a.act <> 'rolled_back' WHERE p.gen = ? AND p.pack = ?",
             "is", gen, pack);
  return origin ? fq_policy_files(db, origin) : NULL;
}

fq_json *fq_policy_files(fq_db *db, int64_t origin) {
  fq_json *files = fq_json_object();
  fq_stmt *q = fq_sql(db, "SELECT path, text FROM policy_file WHERE origin = ? ORDER BY path", "i", origin);
  while (fq_row(q))
    fq_json_set_str(files, fq_col_str(q, 0), fq_col_str(q, 1));
  return files;
}

static enum fq_status read_draft(const fq_kernel *k, fq_db *db, const char *pack, struct fq_candidate *out,
                                 struct fq_error *e) {
  const struct fq_policy *p = fq_policy_of(k);
  if (p && p->drafts) return p->drafts(db, pack, out, e);
  return fq_fail(e, FQ_E_NOT_FOUND, "draft.unknown", "draft", "没有规则包 %s 的草稿",
                 "there is no draft of pack %s", pack);
}

enum fq_status fq_candidate_read(const fq_kernel *k, fq_db *db, const fq_json *params,
                                 struct fq_candidate *out, struct fq_error *e) {
  const fq_json *files = fq_json_get(params, "files");
  const char *pack = fq_json_str(params, "pack");
  bool draft = fq_json_bool(params, "draft", false);
  int64_t generation = fq_json_int(params, "generation", 0);
  *out = (struct fq_candidate){0};
  if (!pack || (files != NULL) + draft + (generation != 0) != 1)
    return fq_fail(e, FQ_E_PARAMS, "params", "files", "请给出 files 或 draft 之一(仅一个)",
                   "give exactly one of files and draft");
  if (draft) return read_draft(k, db, pack, out, e);
  if (generation) {
    out->files = fq_candidate_files_at(db, pack, generation);
    if (out->files) return FQ_OK;
    return fq_fail(e, FQ_E_NOT_FOUND, "pack.unknown_generation", "generation", "第 %lld 代没有规则包 %s",
                   "generation %lld has no pack %s", (long long)generation, pack);
  }
  if (fq_json_type(files) != FQ_JSON_OBJECT)
    return fq_fail(e, FQ_E_PARAMS, "params", "files", "files 应为 {路径: 内容}",
                   "files must be {path: text}");
  if (fq_json_size(files) > FQ_PACK_FILES_MAX)
    return fq_fail(e, FQ_E_TOO_LARGE, "pack.files", "files", "规则包的文件超过 %d 个",
                   "the pack has more than %d files", FQ_PACK_FILES_MAX);
  out->files = fq_json_dup(files);
  return FQ_OK;
}

void fq_candidate_clear(struct fq_candidate *c) {
  fq_json_free(c->files);
  *c = (struct fq_candidate){0};
}
