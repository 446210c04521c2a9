/*
 * What would a pack change here? The question before a neighbour's pack is taken in, or a new version of
 * one's own: policies, kinds, words of dictionaries, setup, signature, and units its rules name that this
 * county does not have. Reader threads; a host of its own.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"
#include "policy/dictionary.h"
#include "policy/luaconf.h"
#include "policy/module_internal.h"
#include "policy/signature.h"

struct report {
  fq_db *db;
  struct fq_pack *pack;
  const fq_json *files;
  fq_json *before; /* files of the pack as it is deployed here, or {} */
  int64_t generation;
};

static fq_json *change(const char *name, const char *what) {
  fq_json *o = fq_json_object();
  fq_json_set_str(o, "name", name);
  fq_json_set_str(o, "change", what);
  return o;
}

/* A policy of the same name in another pack keeps this one from being deployed. */
static fq_json *policies(const struct report *r) {
  fq_json *out = fq_json_array();
  for (size_t i = 0; i < r->pack->count; i++) {
    const struct fq_version *v = r->pack->versions[i];
    fq_stmt *q =
        fq_sql(r->db,
               "SELECT m.pack, s.hash FROM policy_member m JOIN policy_source s USING(hash) WHERE m.gen "
               "= ? AND s.name = ?",
               "is", r->generation, v->name);
    const char *what = "added";
    char other[FQ_ID_MAX] = "";
    if (fq_row(q)) {
      what = !strcmp(fq_col_str(q, 1), v->hash) ? "same" : "changed";
      if (strcmp(fq_col_str(q, 0), r->pack->name)) {
        what = "taken";
        fq_copy(other, sizeof other, fq_col_str(q, 0));
      }
      fq_done(q);
    }
    fq_json *o = change(v->name, what);
    fq_json_set_str(o, "path", v->path);
    fq_json_set(o, "kinds", fq_json_dup(v->kinds));
    if (other[0]) fq_json_set_str(o, "pack", other);
    fq_json_push(out, o);
  }
  fq_stmt *q =
      fq_sql(r->db,
             "SELECT s.name, s.path FROM policy_member m JOIN policy_source s USING(hash) WHERE m.gen = ? "
             "AND m.pack = ? ORDER BY m.pos",
             "is", r->generation, r->pack->name);
  while (fq_row(q)) {
    bool stays = false;
    for (size_t i = 0; i < r->pack->count; i++)
      stays |= !strcmp(r->pack->versions[i]->name, fq_col_str(q, 0));
    if (stays) continue;
    fq_json *o = change(fq_col_str(q, 0), "removed");
    fq_json_set_str(o, "path", fq_col_str(q, 1));
    fq_json_push(out, o);
  }
  return out;
}

/* Who else hears what these hear: two rules about one thing are worth a look. */
static fq_json *company(const struct report *r) {
  fq_json *out = fq_json_array();
  fq_stmt *q =
      fq_sql(r->db,
             "SELECT m.pack, s.name, s.kinds FROM policy_member m JOIN policy_source s USING(hash) WHERE "
             "m.gen = ? AND m.pack <> ? ORDER BY m.pack, m.pos",
             "is", r->generation, r->pack->name);
  while (fq_row(q)) {
    fq_json *both = fq_json_array(),
            *theirs = fq_json_parse(fq_col_str(q, 2), strlen(fq_col_str(q, 2)), NULL);
    fq_json_each(k, theirs) {
      bool heard = false;
      for (size_t i = 0; i < r->pack->count; i++)
        heard |= fq_version_hears(r->pack->versions[i], fq_json_as_str(k));
      if (heard) fq_json_push(both, fq_json_dup(k));
    }
    fq_json_free(theirs);
    if (!fq_json_size(both)) {
      fq_json_free(both);
      continue;
    }
    fq_json *o = fq_json_object();
    fq_json_set_str(o, "pack", fq_col_str(q, 0));
    fq_json_set_str(o, "policy", fq_col_str(q, 1));
    fq_json_set(o, "kinds", both);
    fq_json_push(out, o);
  }
  return out;
}

/* One code of a dictionary: is it here already, with other words, from another pack? */
static void compare_code(const struct report *r, const char *name, const fq_json *row, fq_json *out) {
  const char *code = fq_json_str(row, "code"), *zh = fq_json_str(row, "zh");
  fq_stmt *q = fq_sql(r->db, "SELECT zh, pack FROM dictionary WHERE name = ? AND code = ?", "ss", name, code);
  bool here = fq_row(q);
  bool same = here && !strcmp(fq_col_str(q, 0), zh);
  if (!same) {
    fq_json *o = change(code, here ? "changed" : "added");
    fq_json_set_str(o, "zh", zh);
    if (here) fq_json_set_str(o, "was", fq_col_str(q, 0));
    if (here) fq_json_set_str(o, "pack", fq_col_str(q, 1));
    fq_json_push(out, o);
  }
  if (here) fq_done(q);
}

static void gone_codes(const struct report *r, const char *name, const fq_json *rows, fq_json *out) {
  fq_stmt *q = fq_sql(r->db, "SELECT code, zh FROM dictionary WHERE name = ? AND pack = ? ORDER BY position",
                      "ss", name, r->pack->name);
  while (fq_row(q)) {
    bool stays = false;
    fq_json_each(row, rows) stays |= !strcmp(fq_json_str(row, "code"), fq_col_str(q, 0));
    if (stays) continue;
    fq_json *o = change(fq_col_str(q, 0), "removed");
    fq_json_set_str(o, "was", fq_col_str(q, 1));
    fq_json_push(out, o);
  }
}

static fq_json *dictionaries(const struct report *r) {
  fq_json *out = fq_json_array();
  fq_json_each(file, r->files) {
    char name[FQ_ID_MAX];
    const char *text = fq_json_as_str(file);
    if (!text || !fq_dictionary_name(fq_json_name(file), name)) continue;
    fq_json *rows = fq_csv_parse(fq_json_name(file), text, strlen(text), NULL), *codes = fq_json_array();
    fq_json_each(row, rows) compare_code(r, name, row, codes);
    gone_codes(r, name, rows, codes);
    fq_json *o = fq_json_object();
    fq_json_set_str(o, "name", name);
    fq_json_set_int(o, "codes", (int64_t)fq_json_size(rows));
    fq_json_set(o, "changes", codes);
    fq_json_push(out, o);
    fq_json_free(rows);
  }
  return out;
}

/* Commands the pack brings, and whether they are other than last time. */
static fq_json *setup(const struct report *r) {
  fq_json *out = fq_json_array();
  const char *text = fq_json_str(r->files, "pack.lua");
  fq_json *meta = fq_luaconf_load("pack.lua", text, strlen(text), NULL, NULL);
  fq_json_each(item, fq_json_get(meta, "setup")) {
    const fq_json *method = fq_json_first(item), *path = fq_json_next(method);
    const char *now = fq_json_str(r->files, fq_json_as_str(path));
    const char *was = fq_json_str(r->before, fq_json_as_str(path));
    fq_json *o = change(fq_json_as_str(method), !was ? "added" : strcmp(was, now) ? "changed" : "same");
    fq_json_set_str(o, "path", fq_json_as_str(path));
    fq_json_push(out, o);
  }
  fq_json_free(meta);
  return out;
}

/* Looks like a unit's code: six digits or more, perhaps "-01" or "-D03" behind. */
static bool looks_like_unit(const char *s, size_t len) {
  size_t digits = 0;
  while (digits < len && isdigit((unsigned char)s[digits]))
    digits++;
  if (digits < 6 || len >= FQ_ID_MAX) return false;
  for (size_t i = digits; i < len; i++)
    if (!isalnum((unsigned char)s[i]) && s[i] != '-') return false;
  return digits == len || s[digits] == '-';
}

static void foreign_in(const struct report *r, const char *path, const char *text, fq_json *out) {
  int line = 1;
  for (const char *p = text; *p; p++) {
    if (*p == '\n') line++;
    if (*p != '"' && *p != '\'') continue;
    size_t len = strcspn(p + 1, "\"'\n");
    if (!looks_like_unit(p + 1, len)) continue;
    char *code = fq_strndup(p + 1, len);
    struct fq_unit unit;
    if (!fq_org_unit(r->db, code, &unit)) {
      fq_json *o = fq_json_object();
      fq_json_set_str(o, "unit", code);
      fq_json_set_str(o, "path", path);
      fq_json_set_int(o, "line", line);
      fq_json_push(out, o);
    }
    p += len + 1;
    free(code);
  }
}

static fq_json *foreign_units(const struct report *r) {
  fq_json *out = fq_json_array();
  fq_json_each(file, r->files) {
    const char *path = fq_json_name(file), *text = fq_json_as_str(file);
    if (text && (!strncmp(path, "policies/", 9) || !strncmp(path, "setup/", 6)))
      foreign_in(r, path, text, out);
  }
  return out;
}

static fq_json *signature(const struct report *r) {
  struct fq_signature s;
  char name[96];
  fq_json *o = fq_json_object();
  fq_signature_read(r->pack, r->files, &s);
  fq_json_set_bool(o, "present", s.present);
  if (!s.present) return o;
  fq_json_set_bool(o, "fits", s.fits);
  fq_json_set_str(o, "signer", s.signer);
  fq_json_set_str(o, "key", s.key);
  bool trusted = s.fits && fq_key_trusted(r->db, s.key, name);
  fq_json_set_bool(o, "trusted", trusted);
  if (trusted) fq_json_set_str(o, "known_as", name);
  return o;
}

static void installed(const struct report *r, fq_json *result) {
  fq_stmt *q = fq_sql(r->db, "SELECT version, digest FROM policy_pack WHERE gen = ? AND pack = ?", "is",
                      r->generation, r->pack->name);
  bool here = fq_row(q);
  fq_json_set_bool(result, "installed", here);
  if (!here) return;
  fq_json_set_str(result, "was", fq_col_str(q, 0));
  fq_json_set_bool(result, "same", !strcmp(fq_col_str(q, 1), r->pack->digest));
  fq_done(q);
}

static void changes(struct fq_query *q, struct fq_pack *pack, const fq_json *files) {
  struct report r = {q->db, pack, files, NULL, fq_policy_current(q->db)};
  r.before = fq_candidate_files_at(q->db, pack->name, r.generation);
  fq_json_set_str(q->result, "pack", pack->name);
  fq_json_set_str(q->result, "version", pack->version);
  fq_json_set_str(q->result, "digest", pack->digest);
  installed(&r, q->result);
  fq_json_set(q->result, "signature", signature(&r));
  fq_json_set(q->result, "policies", policies(&r));
  fq_json_set(q->result, "company", company(&r));
  fq_json_set(q->result, "dictionaries", dictionaries(&r));
  fq_json_set(q->result, "setup", setup(&r));
  fq_json_set(q->result, "foreign_units", foreign_units(&r));
  fq_json_free(r.before);
}

/* Everything wrong with a candidate; when there is nothing, what `more` says of it. */
static enum fq_status look(struct fq_query *q,
                           void (*more)(struct fq_query *q, struct fq_pack *pack, const fq_json *files)) {
  struct fq_policy *p = q->self;
  struct fq_candidate is;
  if (fq_candidate_read(p->kernel, q->db, q->params, &is, q->error)) return q->error->status;
  struct fq_host *h = fq_host_new(p->modules, p->modules_count, NULL, q->error);
  if (!h) {
    fq_candidate_clear(&is);
    return q->error->status;
  }
  struct fq_findings f = {0};
  struct fq_pack pack;
  const char *name = fq_json_str(q->params, "pack");
  bool ok = fq_pack_check(h, p->modules, p->modules_count, name, is.files, &pack, &f);
  ok &= fq_pack_check_scenarios(h, is.files, &f);
  fq_json_set_bool(q->result, "ok", ok);
  fq_json_set(q->result, "findings", fq_findings_json(&f, is.files));
  if (ok && more) more(q, &pack, is.files);
  fq_pack_clear(&pack);
  fq_findings_free(&f);
  fq_host_free(h);
  fq_candidate_clear(&is);
  return FQ_OK;
}

enum fq_status fq_policy_check(struct fq_query *q) {
  return look(q, NULL);
}

enum fq_status fq_policy_pack_report(struct fq_query *q) {
  return look(q, changes);
}
