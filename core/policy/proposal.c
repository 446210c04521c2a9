/*
 * Two pairs of eyes: one person proposes a pack, another approves exactly that, byte for byte, and it is
 * active. Commands on the kernel thread, questions on reader threads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/module_internal.h"
#include "policy/pack.h"
#include "policy/signature.h"

/* -- proposing */

/* On which generation of the pack it builds: when that is no longer the active one, nobody has looked at what
 * approving would change. */
static fq_json *proposal(struct fq_call *c, const struct fq_candidate *from, const struct fq_pack *pack,
                         fq_json *tested, fq_json *override) {
  static const char *const kept[] = {"note", "open", "force"};
  fq_json *data = fq_json_object();
  char id[32];
  snprintf(id, sizeof id, "p%lld", (long long)fq_next_seq(c));
  fq_json_set_str(data, "proposal", id);
  fq_json_set_str(data, "pack", pack->name);
  fq_json_set_str(data, "version", pack->version);
  fq_json_set_str(data, "zh", pack->zh);
  fq_json_set_str(data, "en", pack->en);
  fq_json_set_str(data, "digest", pack->digest);
  fq_json_set_int(data, "base", fq_candidate_active(c->db, pack->name));
  if (from->rev) fq_json_set_int(data, "draft", from->rev);
  for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
    const fq_json *v = fq_json_get(c->params, kept[i]);
    if (v) fq_json_set(data, kept[i], fq_json_dup(v));
  }
  if (tested) fq_json_set(data, "tested", tested);
  if (override) fq_json_set(data, "override", override);
  fq_json_set(data, "files", fq_json_dup(from->files));
  fq_json_set_str(c->result, "proposal", id);
  fq_json_set_str(c->result, "pack", pack->name);
  fq_json_set_str(c->result, "version", pack->version);
  fq_json_set_str(c->result, "digest", pack->digest);
  return data;
}

static enum fq_status propose(struct fq_call *c, const struct fq_candidate *from,
                              const struct fq_pack *pack) {
  fq_json *tested, *override;
  bool same = fq_int(c->db, 0, "SELECT 1 FROM policy_pack WHERE gen = ? AND pack = ? AND digest = ?", "iss",
                     fq_policy_current(c->db), pack->name, pack->digest) != 0;
  if (same && !fq_json_bool(c->params, "force", false))
    return fq_fail(c->error, FQ_E_CONFLICT, "pack.same", "files", "与现行的规则包 %s 没有不同",
                   "nothing differs from the active pack %s", pack->name);
  enum fq_status st = fq_policy_tested(c, pack->digest, &tested, &override);
  if (st) return st;
  fq_json *data = proposal(c, from, pack, tested, override);
  st = fq_signature_admit(c, ((struct fq_policy *)c->self)->demand_signed, pack, from->files, data);
  if (!st) return fq_emit(c, (struct fq_draft){.kind = "pack.proposed", .data = data});
  fq_json_free(data);
  return st;
}

enum fq_status fq_policy_propose(struct fq_call *c) {
  struct fq_candidate from;
  struct fq_pack pack;
  const char *name = fq_json_str(c->params, "pack"), *digest = fq_json_str(c->params, "digest");
  enum fq_status st =
      fq_candidate_read(((struct fq_policy *)c->self)->kernel, c->db, c->params, &from, c->error);
  if (st) return st;
  st = fq_policy_not_outdated(c, name, &from);
  if (!st) st = fq_policy_check_pack(c, name, from.files, digest, &pack);
  if (!st) {
    st = propose(c, &from, &pack);
    fq_pack_clear(&pack);
  }
  fq_candidate_clear(&from);
  return st;
}

enum fq_status fq_policy_apply_proposed(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  const char *open = fq_json_str(d, "open");
  const fq_json *tested = fq_json_get(d, "tested"), *override = fq_json_get(d, "override");
  char *t = tested ? fq_json_print(tested) : NULL, *o = override ? fq_json_print(override) : NULL;
  fq_exec(a->db,
          "INSERT INTO policy_proposal(id, n, pack, version, digest, author, at_ms, note, open, force, base, "
          "draft, tested, override, state) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')",
          "sissssissiiiss", fq_json_str(d, "proposal"), e->seq, fq_json_str(d, "pack"),
          fq_json_str(d, "version"), fq_json_str(d, "digest"), e->actor, e->at_ms, fq_json_str(d, "note"),
          open ? open : "keep", (int64_t)fq_json_bool(d, "force", false), fq_json_int(d, "base", 0),
          fq_json_int(d, "draft", 0), t, o);
  fq_policy_keep_files(a->db, e->seq, fq_json_get(d, "files"));
  free(t);
  free(o);
  return FQ_OK;
}

/* -- settling */

#define COLUMNS                                                                                              \
  "SELECT id, n, pack, version, digest, author, at_ms, note, open, force, base, draft, tested, override, "   \
  "state, settled_by, settled_ms, reason FROM policy_proposal"
enum {
  ID,
  N,
  PACK,
  VERSION,
  DIGEST,
  AUTHOR,
  AT,
  NOTE,
  OPEN,
  FORCE,
  BASE,
  DRAFT,
  TESTED,
  OVERRIDE,
  STATE,
  BY,
  SETTLED,
  REASON
};

/* The open proposal that the call names; NULL and an error. End with fq_done(). */
static fq_stmt *find_open(struct fq_call *c) {
  const char *id = fq_json_str(c->params, "proposal");
  fq_stmt *q = fq_sql(c->db, COLUMNS " WHERE id = ?", "s", id);
  if (!fq_row(q)) {
    fq_fail(c->error, FQ_E_NOT_FOUND, "pack.unknown_proposal", "proposal", "没有提议 %s", "no proposal %s",
            id);
    return NULL;
  }
  if (!strcmp(fq_col_str(q, STATE), "open")) return q;
  char at[32];
  fq_time_format(fq_col_int(q, SETTLED), at);
  fq_fail(c->error, FQ_E_CONFLICT, "pack.settled_proposal", "proposal", "提议 %s 已有结论(%s):%s 于 %s",
          "proposal %s is settled already (%s): by %s at %s", id, fq_col_str(q, STATE), fq_col_str(q, BY),
          at);
  fq_done(q);
  return NULL;
}

static enum fq_status may_approve(struct fq_call *c, fq_stmt *q) {
  int64_t active = fq_candidate_active(c->db, fq_col_str(q, PACK));
  if (c->actor->system)
    return fq_fail(c->error, FQ_E_FORBIDDEN, "pack.named_approver", "",
                   "批准须由一位具名的系统管理员登录后作出",
                   "an approval is made by a named administrator, signed in");
  if (!strcmp(c->actor->name, fq_col_str(q, AUTHOR)))
    return fq_fail(c->error, FQ_E_FORBIDDEN, "pack.own_proposal", "proposal", "提议人不能批准自己的提议",
                   "nobody approves his own proposal");
  if (active != fq_col_int(q, BASE))
    return fq_fail(
        c->error, FQ_E_CONFLICT, "pack.stale_proposal", "proposal",
        "提出以后规则包 %s 已变(当时第 %lld 代,现为第 %lld 代):请重新提出",
        "pack %s has changed since this was proposed (generation %lld then, %lld now): propose anew",
        fq_col_str(q, PACK), (long long)fq_col_int(q, BASE), (long long)active);
  return FQ_OK;
}

static fq_json *parsed(const char *text) {
  return text ? fq_json_parse(text, strlen(text), NULL) : NULL;
}

static enum fq_status settle(struct fq_call *c, const char *kind, fq_stmt *q, bool withdrawn) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "proposal", fq_col_str(q, ID));
  fq_json_set_str(data, "pack", fq_col_str(q, PACK));
  fq_json_set_str(data, "version", fq_col_str(q, VERSION));
  fq_json_set_str(data, "digest", fq_col_str(q, DIGEST));
  fq_json_set_str(data, "author", fq_col_str(q, AUTHOR));
  const char *note = fq_json_str(c->params, "note"), *reason = fq_json_str(c->params, "reason");
  if (note) fq_json_set_str(data, "note", note);
  if (reason) fq_json_set_str(data, "reason", reason);
  if (withdrawn) fq_json_set_bool(data, "withdrawn", true);
  fq_json_set_str(c->result, "proposal", fq_col_str(q, ID));
  return fq_emit(c, (struct fq_draft){.kind = kind, .data = data});
}

enum fq_status fq_policy_approve(struct fq_call *c) {
  fq_stmt *q = find_open(c);
  if (!q) return c->error->status;
  enum fq_status st = may_approve(c, q);
  if (!st) st = settle(c, "pack.approved", q, false);
  if (!st) {
    fq_json *tested = parsed(fq_col_str(q, TESTED)), *override = parsed(fq_col_str(q, OVERRIDE));
    fq_json *files = fq_policy_files(c->db, fq_col_int(q, N));
    st = fq_policy_activate(c, &(struct fq_activation){.pack = fq_col_str(q, PACK),
                                                       .files = files,
                                                       .digest = fq_col_str(q, DIGEST),
                                                       .note = fq_col_str(q, NOTE),
                                                       .author = fq_col_str(q, AUTHOR),
                                                       .approved_by = c->actor->name,
                                                       .proposal = fq_col_str(q, ID),
                                                       .tested = tested,
                                                       .override = override,
                                                       .draft = fq_col_int(q, DRAFT),
                                                       .move = !strcmp(fq_col_str(q, OPEN), "move"),
                                                       .force = fq_col_int(q, FORCE)});
    fq_json_free(tested);
    fq_json_free(override);
    fq_json_free(files);
  }
  fq_done(q);
  return st;
}

enum fq_status fq_policy_reject(struct fq_call *c) {
  fq_stmt *q = find_open(c);
  if (!q) return c->error->status;
  enum fq_status st = settle(c, "pack.rejected", q, false);
  fq_done(q);
  return st;
}

enum fq_status fq_policy_withdraw(struct fq_call *c) {
  fq_stmt *q = find_open(c);
  if (!q) return c->error->status;
  enum fq_status st = FQ_OK;
  if (strcmp(c->actor->name, fq_col_str(q, AUTHOR)))
    st = fq_fail(c->error, FQ_E_FORBIDDEN, "pack.not_yours", "proposal",
                 "提议由 %s 提出,只有本人能撤回;您可以驳回",
                 "it was proposed by %s, who alone may withdraw it; "
                 "you may reject it",
                 fq_col_str(q, AUTHOR));
  if (!st) st = settle(c, "pack.rejected", q, true);
  fq_done(q);
  return st;
}

enum fq_status fq_policy_apply_settled(struct fq_apply *a, const struct fq_entry *e) {
  const char *state = !strcmp(e->kind, "pack.approved")           ? "approved"
                      : fq_json_bool(e->data, "withdrawn", false) ? "withdrawn"
                                                                  : "rejected";
  const char *reason = fq_json_str(e->data, "reason");
  fq_exec(
      a->db,
      "UPDATE policy_proposal SET state = ?2, settled_by = ?3, settled_ms = ?4, reason = ?5 WHERE id = ?1",
      "sssis", fq_json_str(e->data, "proposal"), state, e->actor, e->at_ms,
      reason ? reason : fq_json_str(e->data, "note"));
  return FQ_OK;
}

/* -- asking */

static fq_json *describe(fq_db *db, fq_stmt *q) {
  fq_json *o = fq_json_object();
  fq_json *tested = parsed(fq_col_str(q, TESTED)), *override = parsed(fq_col_str(q, OVERRIDE));
  fq_json_set_str(o, "proposal", fq_col_str(q, ID));
  fq_json_set_str(o, "pack", fq_col_str(q, PACK));
  fq_json_set_str(o, "version", fq_col_str(q, VERSION));
  fq_json_set_str(o, "digest", fq_col_str(q, DIGEST));
  fq_json_set_str(o, "author", fq_col_str(q, AUTHOR));
  fq_json_set_time(o, "at", fq_col_int(q, AT));
  if (fq_col_str(q, NOTE)) fq_json_set_str(o, "note", fq_col_str(q, NOTE));
  fq_json_set_str(o, "open", fq_col_str(q, OPEN));
  if (tested) fq_json_set(o, "tested", tested);
  if (override) fq_json_set(o, "override", override);
  fq_json_set_int(o, "base", fq_col_int(q, BASE));
  fq_json_set_str(o, "state", fq_col_str(q, STATE));
  if (!strcmp(fq_col_str(q, STATE), "open")) {
    fq_json_set_bool(o, "stale", fq_candidate_active(db, fq_col_str(q, PACK)) != fq_col_int(q, BASE));
    return o;
  }
  fq_json_set_str(o, "settled_by", fq_col_str(q, BY));
  fq_json_set_time(o, "settled_at", fq_col_int(q, SETTLED));
  if (fq_col_str(q, REASON)) fq_json_set_str(o, "reason", fq_col_str(q, REASON));
  return o;
}

enum fq_status fq_policy_proposals(struct fq_query *q) {
  fq_json *rows = fq_json_array();
  fq_stmt *s = fq_sql(q->db, COLUMNS " WHERE state = 'open' ORDER BY n", "");
  while (fq_row(s))
    fq_json_push(rows, describe(q->db, s));
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}

enum fq_status fq_policy_proposal(struct fq_query *q) {
  const char *id = fq_json_str(q->params, "proposal");
  fq_stmt *s = fq_sql(q->db, COLUMNS " WHERE id = ?", "s", id);
  if (!fq_row(s))
    return fq_fail(q->error, FQ_E_NOT_FOUND, "pack.unknown_proposal", "proposal", "没有提议 %s",
                   "no proposal %s", id);
  fq_json *o = describe(q->db, s);
  fq_json_each(m, o) fq_json_set(q->result, fq_json_name(m), fq_json_dup(m));
  fq_json_free(o);
  fq_json_set(q->result, "files", fq_policy_files(q->db, fq_col_int(s, N)));
  fq_done(s);
  return FQ_OK;
}
