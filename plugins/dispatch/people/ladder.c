/*
 * ladder.c - the rungs above a place and who owns an incident: the first rung somebody sits on. An empty rung
 * is skipped at once, never waited out. A ladder is data (ladders.c); the built-in one is the tree's own:
 * grid, village, township, county. Kernel or reader thread.
 */
#include <string.h>

#include "people/people.h"

#define DEPTH 16 /* no real tree is deeper, and a damaged one must not hang the tick */

/* Who can answer for a rung when its ladder does not say. */
uint32_t dp_rung_roles(enum dp_level level) {
  static const uint32_t suitable[DP_LEVEL_COUNT] = {
      [DP_L_HOUSEHOLD] = FQ_ROLE_OFFICER,
      [DP_L_COURTYARD] = FQ_ROLE_OFFICER,
      [DP_L_GRID] = FQ_ROLE_OFFICER,
      [DP_L_VILLAGE] = FQ_ROLE_OFFICER | FQ_ROLE_DIRECTOR,
      [DP_L_POLICE_POST] = FQ_ROLE_OFFICER | FQ_ROLE_DIRECTOR | FQ_ROLE_DEPARTMENT,
      [DP_L_TOWNSHIP] = FQ_ROLE_DIRECTOR,
      [DP_L_COUNTY] = FQ_ROLE_DISPATCHER | FQ_ROLE_COMMANDER,
  };
  return suitable[level];
}

/* A police post is a unit beside the line, not a place in it. */
static bool in_line(int level) {
  return level == DP_L_GRID || level == DP_L_VILLAGE || level == DP_L_TOWNSHIP || level == DP_L_COUNTY;
}

void dp_ladder_of(fq_db *db, const char *org, struct dp_ladder *out) {
  struct fq_unit u;
  char at[FQ_ID_MAX];
  out->count = 0;
  out->at_ms = 0;
  dp_text(at, sizeof at, org);
  dp_text(out->place, sizeof out->place, org);
  for (int depth = 0; depth < DEPTH && *at && fq_org_unit(db, at, &u); depth++) {
    int level = dp_level_of(u.kind);
    if (in_line(level) && out->count < DP_LEVEL_COUNT) {
      struct dp_rung *r = &out->rungs[out->count++];
      *r = (struct dp_rung){.level = (enum dp_level)level, .roles = dp_rung_roles((enum dp_level)level)};
      dp_text(r->org, sizeof r->org, u.id);
      dp_text(r->name, sizeof r->name, u.name);
    }
    dp_text(at, sizeof at, u.parent);
  }
}

/* ---- a ladder of its own at a place ------------------------------------------------------------------- */

struct site {
  fq_db *db;
  int64_t at_ms;
  const char *org, *address;
  struct fq_unit line[DEPTH]; /* the unit and those above it */
  size_t depth;
};

static void find_line(struct site *s) {
  char at[FQ_ID_MAX];
  dp_text(at, sizeof at, s->org);
  for (s->depth = 0; s->depth < DEPTH && *at && fq_org_unit(s->db, at, &s->line[s->depth]); s->depth++)
    dp_text(at, sizeof at, s->line[s->depth].parent);
}

static void put_unit(fq_db *db, struct dp_rung *r, const char *org) {
  struct fq_unit u;
  dp_text(r->org, sizeof r->org, org);
  dp_text(r->name, sizeof r->name, fq_org_unit(db, org, &u) ? u.name : org);
}

/* The post that a binding says has the place, else the post of the township. */
static bool police_post(const struct site *s, struct dp_rung *r) {
  char holder[FQ_ID_MAX], subject[FQ_ID_MAX], post[FQ_ID_MAX] = "";
  if (dp_binding_holder(s->db, "police_post", s->org, s->address, s->at_ms, holder, subject)) {
    fq_stmt *q = fq_sql(s->db,
                        "SELECT o.id FROM account a JOIN org o ON o.id = a.org AND o.kind = 'police_post'"
                        " WHERE a.name = ?1",
                        "s", holder);
    if (fq_row(q)) {
      dp_text(post, sizeof post, fq_col_str(q, 0));
      fq_done(q);
    }
  }
  for (size_t x = 0; x < s->depth && !*post; x++) {
    if (strcmp(s->line[x].kind, "township")) continue;
    fq_stmt *q = fq_sql(s->db,
                        "SELECT id FROM org WHERE parent = ?1 AND kind = 'police_post' AND valid_to IS NULL"
                        " ORDER BY id LIMIT 1",
                        "s", s->line[x].id);
    if (fq_row(q)) {
      dp_text(post, sizeof post, fq_col_str(q, 0));
      fq_done(q);
    }
  }
  if (*post) put_unit(s->db, r, post);
  return *post;
}

/* One way of finding who sits on a rung: "unit:village", "binding:village_head". */
static bool find_by(const struct site *s, const char *way, size_t len, struct dp_rung *r) {
  char kind[FQ_ID_MAX], org[FQ_ID_MAX];
  const char *colon = memchr(way, ':', len);
  size_t head = colon ? (size_t)(colon - way) : len, n = colon ? len - head - 1 : 0;
  if (!n || n >= sizeof kind) return false;
  dp_text(kind, n + 1, colon + 1);
  r->org[0] = r->holder[0] = '\0';
  if (head == 7 && !strncmp(way, "binding", 7)) {
    if (!dp_binding_holder(s->db, kind, s->org, s->address, s->at_ms, r->holder, org)) return false;
    put_unit(s->db, r, org);
    return true;
  }
  if (!strcmp(kind, "police_post")) return police_post(s, r);
  for (size_t x = 0; x < s->depth; x++)
    if (!strcmp(s->line[x].kind, kind)) {
      put_unit(s->db, r, s->line[x].id);
      return true;
    }
  return false;
}

static uint32_t roles_of(const fq_json *names, enum dp_level level) {
  uint32_t roles = 0;
  fq_json_each(m, names) {
#define X(id, name, zh)                                                                                      \
  if (!strcmp(fq_json_as_str(m), name)) roles |= FQ_ROLE_##id;
    FQ_ROLES(X)
#undef X
  }
  return roles ? roles : dp_rung_roles(level);
}

/* `find` lists ways, the better first: the first that leads to somebody who is there, else the first that
 * leads anywhere. */
static void resolve(const struct site *s, const fq_json *def, struct dp_rung *r) {
  struct dp_rung first = {.org = ""};
  struct dp_who who;
  int level = dp_level_of(fq_json_str(def, "level"));
  *r = (struct dp_rung){.level = (enum dp_level)level};
  dp_text(r->title, sizeof r->title, fq_json_str(def, "title"));
  r->roles = roles_of(fq_json_get(def, "roles"), r->level);
  r->wait_ms = fq_json_int(def, "wait_ms", 0);
  for (const char *p = fq_json_str(def, "find"); p && *p;) {
    size_t n = strcspn(p, " ");
    if (find_by(s, p, n, r)) {
      if (dp_rung_who(s->db, r, s->at_ms, &who, NULL)) return;
      if (!*first.org) first = *r;
    }
    p += n + strspn(p + n, " ");
  }
  if (*first.org) {
    *r = first;
  } else {
    r->org[0] = r->name[0] = r->holder[0] = '\0';
  }
}

bool dp_ladder_at(fq_db *db, const char *name, const char *org, const char *address, int64_t at_ms,
                  struct dp_ladder *out) {
  if (!name || !strcmp(name, DP_DEFAULT_LADDER)) {
    dp_ladder_of(db, org, out);
    out->at_ms = at_ms;
    return true;
  }
  fq_json *rungs = NULL;
  fq_stmt *q = fq_sql(db, "SELECT rungs FROM ladder WHERE name = ?1", "s", name);
  if (fq_row(q)) {
    const char *text = fq_col_str(q, 0);
    rungs = fq_json_parse(text, strlen(text), NULL);
    fq_done(q);
  }
  struct site s = {.db = db, .at_ms = dp_as_of(db, at_ms), .org = org, .address = address};
  find_line(&s);
  out->count = 0;
  out->at_ms = s.at_ms;
  dp_text(out->place, sizeof out->place, org);
  fq_json_each(def, rungs) if (out->count < DP_LEVEL_COUNT) resolve(&s, def, &out->rungs[out->count++]);
  bool found = rungs != NULL;
  fq_json_free(rungs);
  return found;
}

/* ---- who answers -----------------------------------------------------------------------------------------
 */

bool dp_rung_staffed(fq_db *db, const struct dp_rung *r, int64_t at_ms) {
  struct dp_who who;
  return dp_rung_who(db, r, at_ms, &who, NULL);
}

fq_json *dp_rung_json(const struct dp_rung *r) {
  fq_json *j = fq_json_object();
  fq_json_set_str(j, "level", dp_level_name(r->level));
  if (*r->org) fq_json_set_str(j, "org", r->org);
  if (*r->name) fq_json_set_str(j, "name", r->name);
  if (*r->title) fq_json_set_str(j, "title", r->title);
  if (*r->holder) fq_json_set_str(j, "holder", r->holder);
  if (*r->instead_of) fq_json_set_str(j, "deputy", r->asked);
  if (r->fallback) fq_json_set_bool(j, "fallback", true);
  return j;
}

static void skip(fq_json *skipped, const struct dp_rung *r, const struct dp_absence *why) {
  char zh[128], en[128];
  if (!skipped) return;
  fq_json *j = dp_rung_json(r);
  dp_absence_words(why, zh, en);
  fq_json_set_str(j, "why_zh", zh);
  fq_json_set_str(j, "why_en", en);
  fq_json_push(skipped, j);
}

bool dp_rung_find(fq_db *db, const struct dp_ladder *l, enum dp_level level, const struct dp_incident *beyond,
                  struct dp_rung *out, fq_json *skipped) {
  const struct dp_rung *top = NULL;
  struct dp_absence top_why;
  int64_t at_ms = dp_as_of(db, l->at_ms);
  for (size_t i = 0; i < l->count; i++) {
    const struct dp_rung *r = &l->rungs[i];
    struct dp_who who;
    struct dp_absence why;
    if (r->level < level || (beyond && r->level <= beyond->owner_level)) continue;
    if (top) skip(skipped, top, &top_why);
    if (dp_rung_who(db, r, at_ms, &who, &why)) {
      *out = *r;
      dp_text(out->asked, sizeof out->asked, who.user);
      dp_text(out->display, sizeof out->display, who.display);
      dp_text(out->instead_of, sizeof out->instead_of, who.instead_of);
      return true;
    }
    top = NULL;
    if (*r->org) {
      top = r; /* empty, and perhaps the last */
      top_why = why;
    } else {
      skip(skipped, r, &why);
    }
  }
  if (!top) return false;
  /* Nobody anywhere: somebody's name has to stand on it. */
  if (dp_fallback_of(db, l->place, out) && !(beyond && !strcmp(beyond->owner_org, out->org))) {
    skip(skipped, top, &top_why);
    return true;
  }
  *out = *top;
  out->fallback = true;
  return true;
}
