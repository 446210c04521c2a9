/*
 * Deciding once more from what was recorded: the version, the entry, the context and the answers are all in
 * the journal, so the same commands have to come out. See module_internal.h. Reader threads.
 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/lib_texts.h"
#include "policy/module_internal.h"

enum fq_status fq_again_open(struct fq_again *w, fq_db *db, const struct fq_policy *p, struct fq_error *e) {
  *w = (struct fq_again){.db = db};
  /* Steps are the limit that is the same everywhere; a slow machine must not end what was decided. */
  struct fq_host_limits limits = {p->steps, FQ_AGAIN_CPU_MS};
  w->host = fq_host_new(p->modules, p->modules_count, &limits, e);
  return w->host ? FQ_OK : e->status;
}

static void free_version(void *v) {
  fq_version_free(v);
}

void fq_again_close(struct fq_again *w) {
  fq_map_clear(&w->versions, free_version);
  fq_host_free(w->host);
}

const struct fq_version *fq_again_version(struct fq_again *w, const char *hash, const char *name) {
  struct fq_version *v = fq_map_get(w->versions, hash);
  if (v) return v;
  struct fq_findings f = {0};
  if (!strcmp(name, "default")) v = fq_version_compile(w->host, "default.lua", fq_lib_default, true, &f);
  if (v && strcmp(v->hash, hash)) { /* the default of another release of the server */
    fq_version_free(v);
    v = NULL;
  }
  fq_stmt *s = v ? NULL : fq_sql(w->db, "SELECT path, text FROM policy_source WHERE hash = ?", "s", hash);
  if (!v && fq_row(s)) {
    v = fq_version_compile(w->host, fq_col_str(s, 0), fq_col_str(s, 1), false, &f);
    fq_done(s);
  }
  if (v) fq_map_put(&w->versions, hash, v);
  fq_findings_free(&f);
  return v;
}

bool fq_again_decide(struct fq_again *w, const fq_json *made, fq_json *entry, struct fq_decision *out) {
  int64_t seq = fq_json_int(made, "entry", 0);
  const char *hash = fq_json_str(made, "version"), *name = fq_json_str(made, "policy");
  const struct fq_version *v = hash && name ? fq_again_version(w, hash, name) : NULL;
  fq_stmt *s = fq_sql(
      w->db, "SELECT at_ms, kind, subject, org, actor, cause, data FROM journal WHERE seq = ?", "i", seq);
  if (!fq_row(s)) return false;
  const char *text = fq_col_str(s, 6);
  struct fq_entry e = {.seq = seq,
                       .at_ms = fq_col_int(s, 0),
                       .kind = fq_col_str(s, 1),
                       .subject = fq_col_str(s, 2),
                       .org = fq_col_str(s, 3),
                       .audience = "",
                       .actor = fq_col_str(s, 4),
                       .cause = fq_col_int(s, 5)};
  if (entry) {
    fq_json_set_int(entry, "n", seq);
    fq_json_set_str(entry, "kind", e.kind);
  }
  fq_json *none = fq_json_array(), *data = v ? fq_json_parse(text, strlen(text), NULL) : NULL;
  const fq_json *answers = fq_json_get(made, "answers");
  e.data = data;
  struct fq_question q = {.entry = &e,
                          .context = fq_json_get(made, "context"),
                          .answers = answers ? answers : none,
                          .steps = fq_json_int(made, "clock_steps", 0)};
  if (v) {
    struct fq_decision traced;
    fq_decide(w->host, v, &q, out);
    q.trace = true; /* on its own: looking at lines makes Lua's stack grow sooner, which is counted */
    fq_decide(w->host, v, &q, &traced);
    out->lines = traced.lines;
    traced.lines = NULL;
    fq_decision_clear(&traced);
  }
  fq_done(s);
  fq_json_free(data);
  fq_json_free(none);
  return v != NULL;
}

bool fq_again_same(const fq_json *made, const fq_json *commands, const struct fq_decision *d) {
  const char *exit = fq_json_str(made, "exit");
  return exit && !strcmp(exit, fq_exit_name(d->exit)) && fq_json_equal(commands, d->commands) &&
         fq_json_equal(fq_json_get(made, "answers"), d->answers);
}
