/*
 * query.c - incident.search: what a desk asks of all incidents, open and long closed. One index leads to
 * candidates, newest first; each is then held against everything that was asked and against what its asker
 * may see. So the index may say too much, never too little, and what is not seen is not counted. Reader
 * threads; one snapshot; pages are cut by key.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "search/search.h"

/* ---- what is asked --------------------------------------------------------------------------------------
 */

enum { MOST_PIECES = 64, MOST_PEOPLE = 40, MOST_ASKED = 120, MATCH_MAX = 8192 };

struct piece { /* of the text asked for, between spaces: has to stand in one document as it is */
  size_t from, count;
};
struct asked {
  struct fq_query *q;
  const fq_json *p;
  /* where */
  char path[512], unit[FQ_ID_MAX], township[FQ_ID_MAX];
  bool own; /* his own alone, his unit's when he sits at one */
  const char *sits, *team;
  double west, south, east, north; /* NAN: anywhere */
  double lon, lat, within_m;       /* NAN: no circle */
  /* what */
  uint32_t points[MOST_ASKED];
  struct piece pieces[MOST_PIECES];
  size_t pieces_count;
  bool text, nothing; /* nothing: no document can have it */
  uint32_t states;    /* bits; 0: any */
  bool open;
  const char *clock, *card, *source;
  int64_t level;
  /* who */
  bool person;
  size_t people_count;
  char people[MOST_PEOPLE][FQ_ID_MAX];
  /* when: journal numbers of reports, from and below */
  int64_t low, high;
  bool oldest;
};

/* Where he may look, and where he wants to. */
static enum fq_status read_scope(struct asked *a) {
  struct fq_query *q = a->q;
  const char *org = fq_json_str(a->p, "org");
  a->own = !dp_area_reach(q->actor);
  a->sits = dp_sits_at(q->actor);
  a->team = dp_team_of(q->actor);
  bool given = org != NULL;
  if (!given && !a->own && !q->actor->system) org = q->actor->org;
  if (!org || !*org) return FQ_OK;
  struct dp_area area;
  struct fq_unit unit;
  if (!dp_area_of(q->db, org, &area) || !fq_org_unit(q->db, org, &unit)) return dp_org_unknown(q, org);
  dp_text(a->path, sizeof a->path, area.path);
  enum fq_status s = given && !a->own ? dp_org_reach(q, org, "params.org") : FQ_OK;
  if (s != FQ_OK || !*unit.parent) return s;
  dp_text(a->unit, sizeof a->unit, org);
  dp_text(a->township, sizeof a->township, area.township);
  return FQ_OK;
}

/* The pieces of the text, without the punctuation around them. */
static void read_text(struct asked *a) {
  const char *text = fq_json_str(a->p, "text");
  if (!text) return;
  a->text = true;
  size_t count = dp_fold(text, a->points, MOST_ASKED);
  for (size_t at = 0, end; at < count; at = end + 1) {
    for (end = at; end < count && a->points[end] != ' ';)
      end++;
    size_t first = at, last = end;
    while (first < last && !dp_point_counts(a->points[first]))
      first++;
    while (last > first && !dp_point_counts(a->points[last - 1]))
      last--;
    if (first < last) a->pieces[a->pieces_count++] = (struct piece){first, last - first};
  }
  if (!a->pieces_count) a->nothing = true; /* punctuation alone stands in no index: it finds nothing */
}

/* Accounts by that name, and by a name displayed that has it in it. */
static void read_person(struct asked *a) {
  const char *person = fq_json_str(a->p, "person");
  if (!person) return;
  a->person = true;
  fq_stmt *s = fq_sql(a->q->db,
                      "SELECT name FROM account WHERE name = ?1 OR instr(display, ?1) > 0"
                      " ORDER BY name <> ?1, display <> ?1, name LIMIT ?2",
                      "si", person, (int64_t)MOST_PEOPLE);
  while (fq_row(s))
    dp_text(a->people[a->people_count++], FQ_ID_MAX, fq_col_str(s, 0));
  a->nothing |= !a->people_count;
}

/* Numbers grow with the journal, too. 0: there is none. */
static int64_t with_number(struct fq_query *q, int64_t number) {
  int64_t low = 1, high = q->head + 1;
  while (low < high) {
    int64_t mid = low + (high - low) / 2;
    if (fq_int(q->db, INT64_MAX, "SELECT number FROM incident WHERE n >= ?1 ORDER BY n LIMIT 1", "i", mid) <
        number)
      low = mid + 1;
    else
      high = mid;
  }
  return fq_int(
      q->db, 0,
      "SELECT n FROM (SELECT n, number FROM incident WHERE n >= ?1 ORDER BY n LIMIT 1) WHERE number = ?2",
      "ii", low, number);
}

static enum fq_status read_when(struct asked *a) {
  struct fq_query *q = a->q;
  const char *from = fq_json_str(a->p, "from"), *until = fq_json_str(a->p, "until"),
             *after = fq_json_str(a->p, "after");
  const char *sort = fq_json_str(a->p, "sort");
  int64_t number = fq_json_int(a->p, "number", 0), n = after ? dp_id_n(after, 'i') : 0;
  a->oldest = sort && !strcmp(sort, "oldest");
  a->low = 1;
  a->high = q->head + 1;
  if (after && !n)
    return fq_fail(q->error, FQ_E_NOT_FOUND, "incident.unknown", "params.after", "没有事件 %s",
                   "no incident %s", after);
  if (from) a->low = dp_incident_since(q->db, fq_time_parse(from));
  if (until) a->high = dp_incident_since(q->db, fq_time_parse(until) + 1);
  if (number) {
    int64_t at = with_number(q, number);
    a->nothing |= !at || at < a->low || at >= a->high;
    a->low = at;
    a->high = at + 1;
  }
  if (n && a->oldest && n >= a->low) a->low = n + 1;
  if (n && !a->oldest && n < a->high) a->high = n;
  return FQ_OK;
}

#define METRES_A_DEG 111320.0

static enum fq_status read_place(struct asked *a) {
  const fq_json *place = fq_json_get(a->p, "place"), *bbox = fq_json_get(a->p, "bbox");
  a->west = a->lon = a->lat = NAN;
  if (bbox) {
    double v[4];
    int k = 0;
    fq_json_each(x, bbox) if (k < 4) v[k++] = fq_json_as_num(x, NAN);
    a->west = v[0], a->south = v[1], a->east = v[2], a->north = v[3];
    if (a->west > a->east || a->south > a->north)
      return fq_fail(a->q->error, FQ_E_PARAMS, "bbox.order", "params.bbox", "范围须依次为西、南、东、北",
                     "the box is west, south, east, north");
  }
  if (place) {
    a->lon = fq_json_num(place, "lon", NAN);
    a->lat = fq_json_num(place, "lat", NAN);
    a->within_m = (double)fq_json_int(a->p, "within_m", 500);
    double dy = a->within_m / METRES_A_DEG, dx = dy / fmax(0.01, cos(a->lat * M_PI / 180));
    if (!bbox) a->west = a->lon - dx, a->south = a->lat - dy, a->east = a->lon + dx, a->north = a->lat + dy;
  }
  return FQ_OK;
}

static enum fq_status read_asked(struct asked *a) {
  enum fq_status s = read_scope(a);
  if (s == FQ_OK) s = read_when(a);
  if (s == FQ_OK) s = read_place(a);
  if (s != FQ_OK) return s;
  read_text(a);
  read_person(a);
  fq_json_each(x, fq_json_get(a->p, "state")) a->states |= 1u << dp_state_of(fq_json_as_str(x));
  a->clock = fq_json_str(a->p, "clock");
  a->card = fq_json_str(a->p, "card");
  a->source = fq_json_str(a->p, "source");
  a->level = fq_json_int(a->p, "level", 0);
  a->open = fq_json_bool(a->p, "open", false);
  return FQ_OK;
}

/* ---- does it fit? -----------------------------------------------------------------------------------------
 */

struct hit {
  const char *in; /* "title", "text", "address", "comment", ... */
  char snippet[512];
  size_t at, length;
};

#define BEFORE 12 /* characters of the snippet before the word, and in all */
#define WINDOW 60

/* Where a piece stands, as the index has it: words from their beginning, short ones whole. */
static size_t find(const struct asked *a, const struct piece *p, const uint32_t *points, size_t count) {
  const uint32_t *piece = a->points + p->from;
  size_t letters = 0;
  while (letters < p->count && dp_point_letter(piece[p->count - 1 - letters]))
    letters++;
  bool begins = dp_point_letter(*piece), whole = letters && letters < DP_PREFIX_MIN;
  for (size_t at = 0; (at = dp_points_find(points, count, piece, p->count, at)) < count; at++) {
    if (begins && at && dp_point_letter(points[at - 1])) continue;
    if (whole && at + p->count < count && dp_point_letter(points[at + p->count])) continue;
    return at;
  }
  return count;
}

/* All pieces in one text. */
static bool has_all(const struct asked *a, const uint32_t *points, size_t count) {
  for (size_t k = 0; k < a->pieces_count; k++)
    if (find(a, &a->pieces[k], points, count) == count) return false;
  return true;
}

static bool show(const struct asked *a, const char *in, const char *text, struct hit *h) {
  uint32_t points[DP_POINTS_MAX];
  size_t count = dp_fold(text, points, DP_POINTS_MAX);
  size_t at = find(a, &a->pieces[0], points, count);
  if (at == count) return false;
  size_t from = at > BEFORE ? at - BEFORE : 0;
  h->in = in;
  h->at = at - from;
  h->length = a->pieces[0].count;
  dp_points_slice(text, from, WINDOW, h->snippet, sizeof h->snippet);
  return true;
}

/* A report: title, text and address together. */
static bool in_report(const struct asked *a, const char *const texts[3], struct hit *h) {
  static const char *const names[3] = {"title", "text", "address"};
  uint32_t points[DP_POINTS_MAX];
  size_t count = 0;
  for (int k = 0; k < 3; k++) {
    count += dp_fold(texts[k], points + count, DP_POINTS_MAX - count);
    if (count < DP_POINTS_MAX) points[count++] = '\n'; /* no word goes over from one to the next */
  }
  if (!has_all(a, points, count)) return false;
  for (int k = 0; k < 3; k++)
    if (show(a, names[k], texts[k], h)) return true;
  return false;
}

static bool in_part(const struct asked *a, const char *kind, const char *json, struct hit *h) {
  fq_json *data = fq_json_parse(json, strlen(json), NULL);
  const char *text = fq_json_str(data, "text");
  if (!text) text = fq_json_str(data, "note");
  uint32_t points[DP_POINTS_MAX];
  bool fits = text && has_all(a, points, dp_fold(text, points, DP_POINTS_MAX)) &&
              show(a,
                   !strcmp(kind, "task.fed_back")        ? "feedback"
                   : !strcmp(kind, "incident.commented") ? "comment"
                                                         : "note",
                   text, h);
  fq_json_free(data);
  return fits;
}

static bool in_parts(const struct asked *a, int64_t n, struct hit *h) {
  bool fits = false;
  fq_stmt *s = fq_sql(a->q->db,
                      "SELECT kind, data, org, audience FROM search_part p JOIN journal j ON j.seq = p.seq"
                      " WHERE p.doc BETWEEN ?1 AND ?2 AND kind IN"
                      " ('incident.commented', 'task.fed_back', 'incident.supervised') ORDER BY p.doc DESC",
                      "ii", DP_DOC(n, 0), DP_DOC(n, DP_DOC_PARTS - 1));
  while (!fits && fq_row(s)) {
    /* Who came to it later has not heard what was said before: as in incident.after_action. */
    if (a->own && !dp_may_hear(a->q->db, a->q->actor, fq_col_str(s, 0), fq_col_str(s, 2), fq_col_str(s, 3)))
      continue;
    fits = in_part(a, fq_col_str(s, 0), fq_col_str(s, 1), h);
    if (fits) fq_done(s);
  }
  return fits;
}

static bool one_of(const struct asked *a, const char *user) {
  for (size_t k = 0; user && k < a->people_count; k++)
    if (!strcmp(a->people[k], user)) return true;
  return false;
}

static bool has_person(const struct asked *a, int64_t n) {
  bool yes = false;
  fq_stmt *s =
      fq_sql(a->q->db, "SELECT to_user FROM task WHERE incident = ?1 AND to_user IS NOT NULL", "i", n);
  while (fq_row(s))
    yes |= one_of(a, fq_col_str(s, 0));
  return yes;
}

/* As incident.list has it: reported, sent to, handed to his unit from elsewhere, or up to his unit to sign.
 */
static bool is_own(const struct asked *a, int64_t n, const char *reporter) {
  const char *me = a->q->actor->name;
  return !strcmp(reporter, me) ||
         fq_int(a->q->db, 0,
                "SELECT 1 FROM incident WHERE n = ?1 AND ((owner_org = ?3 AND away = 1)"
                " OR EXISTS (SELECT 1 FROM task WHERE incident = ?1 AND (to_user = ?2 OR to_unit = ?3 OR "
                "to_team = ?4))"
                " OR EXISTS (SELECT 1 FROM countersign WHERE incident = ?1 AND unit = ?3))",
                "isss", n, me, a->sits, a->team) != 0;
}

static bool has_clock(const struct asked *a, int64_t n) {
  static const struct {
    const char *name, *sql;
  } clocks[] = {
      {"running",
       "SELECT 1 FROM clock WHERE incident = ?1 AND stopped_ms IS NULL AND state = 'running' LIMIT 1"},
      {"due_soon",
       "SELECT 1 FROM clock WHERE incident = ?1 AND stopped_ms IS NULL AND state = 'due_soon' LIMIT 1"},
      {"overdue", "SELECT 1 FROM clock WHERE incident = ?1 AND stopped_ms IS NULL AND state IN ('overdue', "
                  "'breached') LIMIT 1"},
      {"breached",
       "SELECT 1 FROM clock WHERE incident = ?1 AND state IN ('overdue', 'breached', 'met_late') LIMIT 1"}};
  for (size_t k = 0; k < sizeof clocks / sizeof *clocks; k++)
    if (!strcmp(a->clock, clocks[k].name)) return fq_int(a->q->db, 0, clocks[k].sql, "i", n) != 0;
  return false;
}

static bool in_place(const struct asked *a, double lon, double lat) {
  if (isnan(a->west)) return true;
  if (isnan(lon) || lon < a->west || lon > a->east || lat < a->south || lat > a->north) return false;
  return isnan(a->lon) || fq_distance_m(a->lon, a->lat, lon, lat) <= a->within_m;
}

static bool listed(const fq_json *list, const char *word) {
  if (!list) return true;
  fq_json_each(x, list) if (!strcmp(fq_json_as_str(x), word)) return true;
  return false;
}

static bool fits_row(const struct asked *a, fq_stmt *s, int64_t n) {
  const char *path = fq_col_str(s, 0), *card = fq_col_str(s, 5);
  if (strncmp(path, a->path, strlen(a->path)) != 0) return false;
  if (a->states && !(a->states & 1u << dp_state_of(fq_col_str(s, 1)))) return false;
  if (a->open && !fq_col_null(s, 8)) return false;
  if (!listed(fq_json_get(a->p, "category"), fq_col_str(s, 2))) return false;
  if (a->level && a->level != fq_col_int(s, 3)) return false;
  if (a->source && strcmp(a->source, fq_col_str(s, 4)) != 0) return false;
  if (a->card && (!card || strcmp(a->card, card) != 0)) return false;
  double lon = fq_col_null(s, 6) ? NAN : fq_col_num(s, 6);
  if (!in_place(a, lon, fq_col_num(s, 7))) return false;
  if (a->own && !is_own(a, n, fq_col_str(s, 9))) return false;
  if (a->person && !one_of(a, fq_col_str(s, 9)) && !has_person(a, n)) return false;
  return !a->clock || has_clock(a, n);
}

static bool fits(const struct asked *a, int64_t n, struct hit *h) {
  fq_stmt *s =
      fq_sql(a->q->db,
             "SELECT path, state, category, level, source, card, lon, lat, ended_ms, reporter, title, text,"
             " address FROM incident WHERE n = ?1",
             "i", n);
  h->in = NULL;
  if (!fq_row(s)) return false;
  bool yes = fits_row(a, s, n);
  if (yes && a->text) {
    const char *const texts[3] = {fq_col_str(s, 10), fq_col_str(s, 11), fq_col_str(s, 12)};
    yes = in_report(a, texts, h) || in_parts(a, n, h);
  }
  fq_done(s);
  return yes;
}

/* ---- what to look at
 * ---------------------------------------------------------------------------------------- */

/* A question to the index. All that stands in it is words of our own making, in quotes: letters, digits,
 * Chinese characters and marks. Nothing of what was typed is read as its language. */
struct match {
  char text[MATCH_MAX];
  size_t len;
  bool full;
};

static void put(struct match *m, const char *s) {
  size_t n = strlen(s);
  if (m->len + n >= sizeof m->text) {
    m->full = true;
    return;
  }
  memcpy(m->text + m->len, s, n + 1);
  m->len += n;
}

static void put_word(struct match *m, const char *between, const char *word, bool prefix) {
  if (m->len && m->text[m->len - 1] != '(') put(m, between);
  put(m, "\"");
  put(m, word);
  put(m, prefix ? "\" *" : "\"");
}

static void put_mark(struct match *m, const char *between, enum dp_mark mark, const char *of) {
  char word[FQ_ID_MAX + 4];
  snprintf(word, sizeof word, "%c:%s", mark, of);
  put_word(m, between, word, false);
}

static void open_group(struct match *m) {
  put(m, m->len ? " AND (" : "(");
}

/* Single characters are asked for only when there is nothing else: they are the beginning of many words, and
 * what is found is held against the text itself in any case. */
static void put_text(struct match *m, const struct asked *a) {
  bool singles = false;
  for (int pass = 0; pass < 2 && !m->len; pass++, singles = true)
    for (size_t k = 0; k < a->pieces_count; k++) {
      struct dp_tokens t = {.points = a->points + a->pieces[k].from, .count = a->pieces[k].count};
      while (dp_token_next(&t))
        if ((t.kind == DP_SINGLE) == singles)
          put_word(m, " AND ", t.text, singles || (t.kind == DP_WORD && t.length >= DP_PREFIX_MIN));
    }
}

static void put_people(struct match *m, const struct asked *a, bool reported, bool sent) {
  open_group(m);
  for (size_t k = 0; k < a->people_count; k++) {
    if (reported) put_mark(m, " OR ", DP_MARK_REPORTER, a->people[k]);
    if (sent) put_mark(m, " OR ", DP_MARK_SENT, a->people[k]);
  }
  put(m, ")");
}

static void put_own(struct match *m, const struct asked *a, bool reported, bool sent) {
  open_group(m);
  if (reported) put_mark(m, " OR ", DP_MARK_REPORTER, a->q->actor->name);
  if (sent) put_mark(m, " OR ", DP_MARK_SENT, a->q->actor->name);
  /* A unit's and its team's: the same name, where he has both. */
  if (sent && a->team) put_mark(m, " OR ", DP_MARK_TEAM, a->team);
  put(m, ")");
}

static void put_who(struct match *m, const struct asked *a, bool reported, bool sent) {
  if (a->own)
    put_own(m, a, reported, sent);
  else
    put_people(m, a, reported, sent);
}

enum { MOST_CELLS = 64 };

static bool put_cells(struct match *m, const struct asked *a, enum dp_mark mark, double cells) {
  if (isnan(a->west)) return false;
  double x0 = floor(a->west * cells) / cells, y0 = floor(a->south * cells) / cells, step = 1 / cells;
  double wide = floor((a->east - x0) * cells) + 1, high = floor((a->north - y0) * cells) + 1;
  if (wide * high > MOST_CELLS) return false;
  open_group(m);
  for (int y = 0; y < (int)high; y++)
    for (int x = 0; x < (int)wide; x++) {
      char number[32]; /* the middle of the cell: at its edge rounding decides */
      snprintf(number, sizeof number, "%lld",
               (long long)dp_search_cell(x0 + (x + 0.5) * step, y0 + (y + 0.5) * step, cells));
      put_mark(m, " OR ", mark, number);
    }
  put(m, ")");
  return true;
}

/* What the reports' own documents have: category, level, source, place. */
static void put_marks(struct match *m, const struct asked *a) {
  const fq_json *categories = fq_json_get(a->p, "category");
  char level[16];
  if (categories) {
    open_group(m);
    fq_json_each(x, categories) put_mark(m, " OR ", DP_MARK_CATEGORY, fq_json_as_str(x));
    put(m, ")");
  }
  snprintf(level, sizeof level, "%lld", (long long)a->level);
  if (a->level) put_mark(m, " AND ", DP_MARK_LEVEL, level);
  if (a->source) put_mark(m, " AND ", DP_MARK_SOURCE, a->source);
  if (!put_cells(m, a, DP_MARK_NEAR, DP_NEAR_CELLS)) put_cells(m, a, DP_MARK_FAR, DP_FAR_CELLS);
}

/* States that an incident leaves again: those who have one are open. */
static bool open_states(uint32_t states) {
  return states && !(states & (1u << DP_CLOSED | 1u << DP_VOIDED | 1u << DP_MERGED));
}

static void put_unit(struct match *m, const struct asked *a) {
  bool township = !strcmp(a->unit, a->township); /* the incidents' own index leads to those */
  if (*a->unit && (m->len || !township)) put_mark(m, " AND ", DP_MARK_ORG, a->unit);
}

/* Which index leads to them: the narrowest of those that apply. None: the incidents themselves, newest first.
 * Somebody and a word take two questions: whose report has the word, and what he was sent to, because that
 * stands apart. */
static void plan(const struct asked *a, struct match *m, struct match *also, bool *open) {
  *open = a->open || open_states(a->states) ||
          (a->clock && strcmp(a->clock, "breached") != 0); /* only what is open has a clock that runs */
  if (a->own || a->person) {
    if (a->text) {
      put_text(m, a);
      put_who(also, a, false, true);
      put_unit(also, a);
    }
    put_who(m, a, true, !a->text);
  } else if (a->text) {
    put_text(m, a);
  } else if (*open) {
    return;
  } else if (a->card) {
    put_mark(m, " AND ", DP_MARK_CARD, a->card);
  } else if (a->clock) {
    put_mark(m, " AND ", DP_MARK_BREACHED, "1");
  } else {
    put_marks(m, a);
  }
  put_unit(m, a);
}

/* ---- the page ------------------------------------------------------------------------------------- */

/* Candidates from up to three statements, as numbers of documents in the order asked for. */
enum { SOURCES = 3 };
struct candidates {
  fq_stmt *from[SOURCES]; /* NULL: at its end */
  int64_t doc[SOURCES];
  bool oldest;
};

static void step(struct candidates *c, int k) {
  if (fq_row(c->from[k]))
    c->doc[k] = fq_col_int(c->from[k], 0);
  else
    c->from[k] = NULL; /* released with its last row */
}

static bool next(struct candidates *c, int64_t *n) {
  int best = -1;
  for (int k = 0; k < SOURCES; k++)
    if (c->from[k] && (best < 0 || (c->oldest ? c->doc[k] < c->doc[best] : c->doc[k] > c->doc[best])))
      best = k;
  if (best < 0) return false;
  *n = DP_DOC_N(c->doc[best]);
  step(c, best);
  return true;
}

#define WORDS                                                                                                \
  "SELECT rowid FROM search_words WHERE search_words MATCH ?1 AND rowid >= ?2 AND rowid < ?3 ORDER BY rowid"
#define FRESH "SELECT doc FROM search_new WHERE doc >= ?1 AND doc < ?2 ORDER BY doc"
#define ROWS  "SELECT n << 8 FROM incident WHERE n >= ?1 AND n < ?2"
/* Few of the open ones have the clock that is asked for: looked at here, it costs a fifth. */
#define OPEN                                                                                                 \
  ROWS " AND ended_ms IS NULL AND (?3 IS NULL OR EXISTS (SELECT 1 FROM clock WHERE incident = n AND"         \
       " stopped_ms IS NULL AND (state = ?3 OR (?3 = 'overdue' AND state = 'breached'))))"

static void look(const struct asked *a, struct candidates *c) {
  static const char *const words[2] = {WORDS " DESC", WORDS}, *const fresh[2] = {FRESH " DESC", FRESH};
  static const char *const all[2] = {ROWS " ORDER BY n DESC", ROWS " ORDER BY n"};
  static const char *const town[2] = {ROWS " AND township = ?3 ORDER BY n DESC",
                                      ROWS " AND township = ?3 ORDER BY n"};
  static const char *const open[2] = {OPEN " ORDER BY n DESC", OPEN " ORDER BY n"};
  static const char *const town_open[2] = {OPEN " AND township = ?4 ORDER BY n DESC",
                                           OPEN " AND township = ?4 ORDER BY n"};
  fq_db *db = a->q->db;
  struct match m = {.len = 0}, also = {.len = 0};
  bool only_open;
  plan(a, &m, &also, &only_open);
  c->oldest = a->oldest;
  if (m.len && !m.full) {
    int64_t low = DP_DOC(a->low, 0), high = DP_DOC(a->high, 0);
    c->from[0] = fq_sql(db, words[a->oldest], "sii", m.text, low, high);
    c->from[1] = fq_sql(db, fresh[a->oldest], "ii", low, high);
    if (also.len) c->from[2] = fq_sql(db, words[a->oldest], "sii", also.text, low, high);
  } else if (only_open) {
    if (*a->township)
      c->from[0] = fq_sql(db, town_open[a->oldest], "iiss", a->low, a->high, a->clock, a->township);
    else
      c->from[0] = fq_sql(db, open[a->oldest], "iis", a->low, a->high, a->clock);
  } else if (*a->township) {
    c->from[0] = fq_sql(db, town[a->oldest], "iis", a->low, a->high, a->township);
  } else {
    c->from[0] = fq_sql(db, all[a->oldest], "ii", a->low, a->high);
  }
  for (int k = 0; k < SOURCES; k++)
    if (c->from[k]) step(c, k);
}

static void add_row(const struct asked *a, fq_json *rows, int64_t n, const struct hit *h) {
  fq_json *j = dp_incident_json(a->q->db, n, DP_WITH_TASKS | DP_WITH_CLOCKS);
  if (!j) return;
  if (h->in) {
    fq_json *match = fq_json_object();
    fq_json_set_str(match, "in", h->in);
    fq_json_set_str(match, "snippet", h->snippet);
    fq_json_set_int(match, "at", (int64_t)h->at);
    fq_json_set_int(match, "length", (int64_t)h->length);
    fq_json_set(j, "match", match);
  }
  fq_json_push(rows, j);
}

/* Incidents held against the question for one page: some 30 ms. When they run out the page is short, and
 * `next` goes on from there. */
#define STRETCH 5000

static void fill(struct asked *a) {
  size_t limit = (size_t)fq_json_int(a->p, "limit", 50);
  fq_json *rows = fq_json_array();
  struct candidates c = {.oldest = false};
  int64_t n, last = 0, looked = 0;
  bool more = false;
  if (!a->nothing) look(a, &c);
  while (next(&c, &n)) {
    struct hit h;
    if (n == last) continue; /* another document of the same incident */
    if (looked++ == STRETCH || fq_json_size(rows) == limit) {
      more = true;
      break;
    }
    last = n;
    if (fits(a, n, &h)) add_row(a, rows, n, &h);
  }
  for (int k = 0; k < SOURCES; k++)
    fq_done(c.from[k]);
  fq_json_set(a->q->result, "rows", rows);
  if (more) {
    char id[FQ_ID_MAX];
    dp_id_make(id, 'i', last);
    fq_json_set_str(a->q->result, "next", id);
  }
  fq_json_set_int(a->q->result, "head", a->q->head);
}

/* A saved filter is what its name stands for; what is given beside it goes before. */
static enum fq_status with_filter(struct fq_query *q, fq_json **out) {
  const char *name = fq_json_str(q->params, "filter");
  *out = NULL;
  if (!name) return FQ_OK;
  *out = dp_filter_named(q->db, q->actor, name);
  if (!*out)
    return fq_fail(q->error, FQ_E_NOT_FOUND, "filter.unknown", "params.filter", "没有名为 %s 的筛选",
                   "no filter %s", name);
  fq_json_each(m, q->params) if (strcmp(fq_json_name(m), "filter") != 0)
      fq_json_set(*out, fq_json_name(m), fq_json_dup(m));
  return FQ_OK;
}

enum fq_status dp_incident_search(struct fq_query *q) {
  fq_json *filtered;
  enum fq_status s = with_filter(q, &filtered);
  if (s != FQ_OK) return s;
  struct asked *a = calloc(1, sizeof *a);
  if (!a) abort();
  a->q = q;
  a->p = filtered ? filtered : q->params;
  s = read_asked(a);
  if (s == FQ_OK) fill(a);
  free(a);
  fq_json_free(filtered);
  return s;
}
