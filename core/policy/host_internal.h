/* What the files of the host share: host.c (states), version.c (texts), view.c (questions), decision.c
 * (answers). */
#ifndef FQ_POLICY_HOST_INTERNAL_H
#define FQ_POLICY_HOST_INTERNAL_H

#include <lua.h>

#include "policy/host.h"
#include "policy/limits.h"

/* A Lua state at rest, ready to be put back. */
struct fq_image {
  lua_State *L; /* its address inside the arena */
  struct fq_arena_image *memory;
};

struct fq_host {
  struct fq_limits limits; /* first: fq_host_of() */
  int64_t steps, cpu_us;
  const struct fq_module *modules;
  size_t count;
  struct fq_image *words; /* sandbox, prelude and the plugins' words */
  struct run *run;        /* the decision in progress */
  uint64_t fail_at;
  const char *watched; /* the file whose line is wanted when something is raised */
  int line;
};

/* A decision in progress: what the C functions called from Lua work on. */
struct run {
  const struct fq_question *question;
  const struct fq_version *version;
  struct fq_decision *out;
  size_t asked;
  const void *parts[24]; /* tables of the entry, to recognise them as arguments */
  const char *part_names[24];
  size_t part_count;
  char said_en[256], said_zh[256]; /* what a view function has raised, which knows both languages */
  unsigned char *ran;              /* by line of the policy, when traced */
  size_t ran_len;
};

/* Keys in the registry. */
#define REG_FINISH   "fq.finish"
#define REG_HANDLERS "fq.handlers"
#define REG_VIEW     "fq.view"

struct fq_host *fq_host_of(lua_State *L);
struct fq_image *fq_image_take(struct fq_host *h, lua_State *L);
lua_State *fq_image_put(struct fq_host *h, const struct fq_image *image);
void fq_image_free(struct fq_image *image);

/* view.c */
void fq_view_open(lua_State *L, const struct fq_host *h); /* leaves the table in the registry; may raise */
void fq_view_begin(lua_State *L, struct run *run);        /* pushes e and view; may raise */

/* The message handler of protected calls: notes the line of host->watched nearest to what has raised. */
int fq_on_error(lua_State *L);
/* Splits "path:12: message": returns the message; fills *line (may be NULL) when it is 0. */
const char *fq_message_of(const char *text, int *line);

#endif
