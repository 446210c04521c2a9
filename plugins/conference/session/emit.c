/*
 * emit.c - entries about a conference, and who hears them. Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/session.h"

#define WORD (FQ_ID_MAX + 8)

static void add(char *words, size_t *len, const char *user) {
  *len += (size_t)sprintf(words + *len, "%suser/%s", *len ? " " : "", user);
}

/* Those who are in it or asked to come; hidden ones too, for an audience is told to nobody. */
static char *audience(fq_db *db, const struct cf_conf *v, const char *also) {
  size_t count, len = 0;
  struct cf_member *list = cf_members(db, v->n, &count);
  char *words = calloc(count + 2, WORD);
  if (!words) abort();
  for (size_t k = 0; k < count; k++) {
    if (also && !strcmp(list[k].user, also))
      also = NULL, add(words, &len, list[k].user);
    else if (cf_present(list[k].state))
      add(words, &len, list[k].user);
  }
  if (also) add(words, &len, also);
  free(list);
  return words;
}

/* What begins and ends about an incident stands in the incident's story. */
static const char *subject(const struct cf_conf *v, const char *kind) {
  bool story = !strcmp(kind, "conf.created") || !strcmp(kind, "conf.ended");
  return story && *v->incident ? v->incident : v->id;
}

enum fq_status cf_emit(struct fq_call *c, const struct cf_conf *v, const char *kind, fq_json *data,
                       const char *also) {
  char *words = audience(c->db, v, also);
  fq_json_set_str(data, "conf", v->id);
  enum fq_status s = fq_emit(
      c, (struct fq_draft){
             .kind = kind, .subject = subject(v, kind), .org = v->org, .audience = words, .data = data});
  free(words);
  return s;
}

enum fq_status cf_emit_hidden(struct fq_call *c, const struct cf_conf *v, const char *kind, fq_json *data,
                              const char *user) {
  char word[WORD];
  snprintf(word, sizeof word, "user/%s", user);
  fq_json_set_str(data, "conf", v->id);
  return fq_emit(
      c, (struct fq_draft){.kind = kind, .subject = v->id, .org = v->org, .audience = word, .data = data});
}

fq_json *cf_about(const char *user) {
  fq_json *j = fq_json_object();
  fq_json_set_str(j, "user", user);
  return j;
}

void cf_set_opt(fq_json *to, const char *name, const fq_json *from) {
  const fq_json *v = fq_json_get(from, name);
  if (v) fq_json_set(to, name, fq_json_dup(v));
}

/* As it stands now, after what the command has emitted. */
void cf_answer(struct fq_call *c, const struct cf_conf *v) {
  struct cf_conf now;
  if (!cf_conf_load(c->db, v->id, &now)) return;
  fq_json_set_str(c->result, "id", now.id);
  fq_json_set_str(c->result, "state", cf_state_name(now.state));
  fq_json_set_int(c->result, "rev", now.rev);
}
