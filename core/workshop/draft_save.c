/*
 * Saving a draft: whose turn it is, where it begins, what changes, and whether that may be part of a pack.
 * Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/pack.h"
#include "workshop/draft.h"

#define PACK_NAME_MAX 48

struct save {
  struct fq_call *c;
  const char *pack;
  struct fq_draft_row was;
  int64_t from, seen; /* of the draft as it will be */
  bool moved;         /* ... which is another beginning than it had */
  fq_json *now;       /* all files, as they will be */
  fq_json *changes;   /* {path: text | null}: what differs from the draft as it was */
};

static enum fq_status check_rev(struct fq_call *c, const char *pack, const struct fq_draft_row *d) {
  int64_t mine = fq_json_int(c->params, "rev", 0);
  if (d->open) return mine == d->rev ? FQ_OK : fq_draft_stale(c, pack, d, mine);
  return mine ? fq_draft_unknown(c->error, pack, d) : FQ_OK;
}

/* Where the draft begins. A later save may name another beginning: what the draft changes then stands over
 * that one. */
static enum fq_status choose_base(struct save *s) {
  struct fq_call *c = s->c;
  const char *named = fq_json_str(c->params, "from");
  int64_t active = fq_candidate_active(c->db, s->pack);
  s->from = s->was.open ? s->was.from : active;
  s->seen = s->was.open ? s->was.seen : active;
  if (!named) return FQ_OK;
  char *end = NULL;
  long long number = strtoll(named, &end, 10);
  if (!strcmp(named, "new"))
    s->from = 0;
  else if (!strcmp(named, "active"))
    s->from = active;
  else if (*named >= '1' && *named <= '9' && !*end)
    s->from = number;
  else
    return fq_fail(c->error, FQ_E_PARAMS, "params", "from", "from 应为 active、new 或代的编号",
                   "from must be active, new or the number of a generation");
  fq_json *files = s->from ? fq_candidate_files_at(c->db, s->pack, s->from) : NULL;
  if (strcmp(named, "new") && !files)
    return fq_fail(c->error, FQ_E_NOT_FOUND, "pack.unknown_generation", "from", "没有可作起点的规则包 %s(%s)",
                   "there is no pack %s to begin from (%s)", s->pack, named);
  fq_json_free(files);
  s->seen = active;
  s->moved = s->was.open && (s->from != s->was.from || s->seen != s->was.seen);
  return FQ_OK;
}

/* Beginning anew elsewhere must not silently drop what was changed there and here both: such a file has to be
 * among those saved now. */
static enum fq_status check_both(struct save *s) {
  if (!s->moved) return FQ_OK;
  fq_db *db = s->c->db;
  fq_json *old = fq_draft_base(db, s->pack, s->was.from), *fresh = fq_draft_base(db, s->pack, s->from);
  const fq_json *given = fq_json_get(s->c->params, "files");
  char both[160] = "";
  fq_stmt *q = fq_sql(db, "SELECT path FROM draft_file WHERE pack = ? ORDER BY path", "s", s->pack);
  while (fq_row(q)) {
    const char *path = fq_col_str(q, 0), *a = fq_json_str(old, path), *b = fq_json_str(fresh, path);
    bool same = a && b ? !strcmp(a, b) : a == b;
    if (same || fq_json_get(given, path)) continue;
    size_t len = strlen(both);
    snprintf(both + len, sizeof both - len, "%s%.60s", len ? " " : "", path);
  }
  fq_json_free(old);
  fq_json_free(fresh);
  if (!both[0]) return FQ_OK;
  return fq_fail(s->c->error, FQ_E_CONFLICT, "draft.both_changed", "from",
                 "这些文件草稿和现行版本都改过,请合并后一起保存:%s",
                 "changed in the draft and in what it would begin from: merge them and save them along: %s",
                 both);
}

static enum fq_status first_finding(struct fq_error *e, const struct fq_findings *f) {
  char path[160];
  snprintf(path, sizeof path, "files.%.120s", f->list[0].path);
  fq_fail(e, FQ_E_PARAMS, "draft.file", path, "文件不能收下", "the file cannot be taken");
  char *zh = fq_printf("%s:%s", f->list[0].path, f->list[0].zh);
  char *en = fq_printf("%s: %s", f->list[0].path, f->list[0].en);
  fq_copy(e->zh, sizeof e->zh, zh);
  fq_copy(e->en, sizeof e->en, en);
  free(zh);
  free(en);
  return e->status;
}

/* Keeps of `given` what changes anything. */
static enum fq_status take_changes(struct save *s, const fq_json *given) {
  struct fq_error *e = s->c->error;
  fq_json_each(m, given) {
    const char *path = fq_json_name(m), *text = fq_json_as_str(m), *had = fq_json_str(s->now, path);
    if (!text && fq_json_type(m) != FQ_JSON_NULL)
      return fq_fail(e, FQ_E_PARAMS, "params", path, "内容应为文字,或 null 表示删除",
                     "must be a text, or null to remove the file");
    if (!text && !had && s->moved) continue; /* removed already, and so it shall stay */
    if (!text && !had)
      return fq_fail(e, FQ_E_NOT_FOUND, "draft.no_file", path, "草稿里没有文件 %s",
                     "the draft has no file %s", path);
    if (text && had && !strcmp(text, had)) continue;
    fq_json_set(s->changes, path, fq_json_dup(m));
    if (text)
      fq_json_set_str(s->now, path, text);
    else
      fq_json_remove(s->now, path);
  }
  struct fq_findings f = {0};
  fq_pack_files_check(s->now, &f);
  enum fq_status st = f.count ? first_finding(e, &f) : FQ_OK;
  fq_findings_free(&f);
  return st;
}

static enum fq_status write_down(struct save *s) {
  struct fq_call *c = s->c;
  bool nothing = s->was.open && !s->moved && !fq_json_size(s->changes);
  int64_t rev = s->was.rev + !nothing;
  fq_json_set_str(c->result, "pack", s->pack);
  fq_json_set_int(c->result, "rev", rev);
  if (nothing) return FQ_OK;
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "pack", s->pack);
  fq_json_set_int(data, "rev", rev);
  fq_json_set_int(data, "from", s->from);
  fq_json_set_int(data, "seen", s->seen);
  fq_json_set(data, "files", s->changes);
  s->changes = NULL;
  return fq_emit(c, (struct fq_draft){.kind = "draft.saved", .data = data});
}

enum fq_status fq_draft_save(struct fq_call *c) {
  const fq_json *given = fq_json_get(c->params, "files");
  struct save s = {.c = c, .pack = fq_json_str(c->params, "pack")};
  if (strlen(s.pack) > PACK_NAME_MAX)
    return fq_fail(c->error, FQ_E_PARAMS, "params", "pack", "包名最多 %d 个字符",
                   "a pack's name has at most %d characters", PACK_NAME_MAX);
  if (fq_json_type(given) != FQ_JSON_OBJECT)
    return fq_fail(c->error, FQ_E_PARAMS, "params", "files", "files 应为 {路径: 内容或 null}",
                   "files must be {path: text or null}");
  if (fq_json_size(given) > 2 * FQ_PACK_FILES_MAX) /* as many as there may be go, as many come */
    return fq_fail(c->error, FQ_E_TOO_LARGE, "draft.files", "files", "一次最多保存 %d 个文件",
                   "at most %d files are saved at once", 2 * FQ_PACK_FILES_MAX);
  s.was = fq_draft_find(c->db, s.pack);
  enum fq_status st = check_rev(c, s.pack, &s.was);
  if (!st) st = choose_base(&s);
  if (!st) st = check_both(&s);
  if (st) return st;
  s.now = fq_draft_base(c->db, s.pack, s.from);
  s.changes = fq_json_object();
  if (s.was.open) fq_draft_overlay(c->db, s.pack, s.now);
  st = take_changes(&s, given);
  if (!st) st = write_down(&s);
  fq_json_free(s.now);
  fq_json_free(s.changes);
  return st;
}

enum fq_status fq_draft_apply_saved(struct fq_apply *a, const struct fq_entry *e) {
  const char *pack = fq_json_str(e->data, "pack");
  bool open = fq_int(a->db, 0, "SELECT 1 FROM draft WHERE pack = ? AND state = 'open'", "s", pack) != 0;
  if (!open) fq_exec(a->db, "DELETE FROM draft_file WHERE pack = ?", "s", pack);
  fq_exec(a->db,
          "INSERT OR REPLACE INTO draft(pack, rev, state, author, at_ms, from_gen, seen_gen)"
          " VALUES(?, ?, 'open', ?, ?, ?, ?)",
          "sisiii", pack, fq_json_int(e->data, "rev", 0), e->actor, e->at_ms, fq_json_int(e->data, "from", 0),
          fq_json_int(e->data, "seen", 0));
  fq_json_each(m, fq_json_get(e->data, "files"))
      fq_exec(a->db, "INSERT OR REPLACE INTO draft_file(pack, path, text) VALUES(?, ?, ?)", "sss", pack,
              fq_json_name(m), fq_json_as_str(m));
  return FQ_OK;
}
