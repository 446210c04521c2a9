/* A difference of texts, as hunks: see textdiff.h. */
#include "policy/textdiff.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

#define AROUND 3
/* Edits that are looked for before a stretch is cut at its unique lines: work and memory grow with the square
 * of this, and a person reads no difference of a thousand lines. */
#define EDITS_MAX 1000
#define WORK_MAX  50000000 /* steps for one pair of texts: a tenth of a second */

struct text {
  const char **at; /* count + 1: where each line begins, and where the last one ends */
  int *id;         /* equal lines have equal numbers */
  bool *kept;      /* the line is in both texts */
  int count;
};

struct diff {
  struct text a, b;
  struct fq_map *ids;
  int next_id;
  int64_t work;
};

static void split(struct diff *d, struct text *t, const char *s) {
  int room = 0;
  const char *end = s ? s + strlen(s) : NULL;
  for (; s && s < end; t->count++) {
    if (t->count + 1 >= room) {
      room = room ? 2 * room : 128;
      t->at = fq_realloc(t->at, (size_t)room * sizeof *t->at);
      t->id = fq_realloc(t->id, (size_t)room * sizeof *t->id);
    }
    const char *stop = memchr(s, '\n', (size_t)(end - s));
    stop = stop ? stop + 1 : end; /* with its end: a missing last one is a difference, too */
    char *line = fq_strndup(s, (size_t)(stop - s));
    intptr_t id = (intptr_t)fq_map_get(d->ids, line);
    if (!id) fq_map_put(&d->ids, line, (void *)(id = ++d->next_id));
    free(line);
    t->at[t->count] = s;
    t->id[t->count] = (int)id;
    t->at[t->count + 1] = s = stop;
  }
  t->kept = fq_alloc((size_t)t->count + 1);
}

static void keep(struct diff *d, int a, int b) {
  d->a.kept[a] = d->b.kept[b] = true;
}

/* Follows the furthest points back, from the last one to the first. */
static void trace_back(struct diff *d, int a, int n, int b, int m, int **rounds, int edits) {
  int x = n, y = m;
  for (int e = edits; e > 0; e--) {
    const int *v = rounds[e - 1] + e; /* as it was before round e: diagonals -(e-1) to e-1, and room */
    int k = x - y;
    bool down = k == -e || (k != e && v[k - 1] < v[k + 1]);
    int px = down ? v[k + 1] : v[k - 1], py = px - (down ? k + 1 : k - 1);
    int sx = down ? px : px + 1;
    for (; x > sx; x--, y--)
      keep(d, a + x - 1, b + y - 1);
    x = px;
    y = py;
  }
  for (; x > 0; x--, y--)
    keep(d, a + x - 1, b + y - 1);
}

/* Myers, "An O(ND) difference algorithm": false when there are more edits than are looked for. */
static bool shortest(struct diff *d, int a, int n, int b, int m) {
  int most = n + m < EDITS_MAX ? n + m : EDITS_MAX, e = 0;
  int **rounds = fq_alloc(((size_t)most + 1) * sizeof *rounds);
  int *v = fq_alloc((2 * (size_t)most + 3) * sizeof *v), *mid = v + most + 1;
  bool found = false;
  for (; e <= most && !found && d->work < WORK_MAX; e++) {
    d->work += 2 * e + 8;
    for (int k = -e; k <= e; k += 2) {
      int x = !e ? 0 : k == -e || (k != e && mid[k - 1] < mid[k + 1]) ? mid[k + 1] : mid[k - 1] + 1;
      int y = x - k;
      while (x < n && y < m && d->a.id[a + x] == d->b.id[b + y])
        x++, y++, d->work++;
      mid[k] = x;
      if (x >= n && y >= m) found = true;
    }
    /* What round e + 1 starts from, with room for the diagonals it looks at. */
    rounds[e] = fq_alloc((2 * (size_t)e + 3) * sizeof **rounds);
    memcpy(rounds[e], mid - e - 1, (2 * (size_t)e + 3) * sizeof **rounds);
  }
  if (found) trace_back(d, a, n, b, m, rounds, e - 1);
  for (int i = 0; i < e; i++)
    free(rounds[i]);
  free(rounds);
  free(v);
  return found;
}

/* How often a line stands in a stretch, and where last. */
struct once {
  int count, at;
};

static struct once *count_ids(const struct diff *d, const struct text *t, int from, int n) {
  struct once *list = fq_alloc(((size_t)d->next_id + 1) * sizeof *list);
  for (int i = 0; i < n; i++) {
    list[t->id[from + i]].count++;
    list[t->id[from + i]].at = from + i;
  }
  return list;
}

static void stretch(struct diff *d, int a, int n, int b, int m, bool cut);

/* Patience: the longest rising run of lines that are unique on both sides stays; between them, again. */
static void between_anchors(struct diff *d, int a, int n, int b, int m) {
  struct once *in_a = count_ids(d, &d->a, a, n), *in_b = count_ids(d, &d->b, b, m);
  int *at = fq_alloc(((size_t)n + 1) * sizeof *at), *before = fq_alloc(((size_t)n + 1) * sizeof *before);
  int *tops = fq_alloc(((size_t)n + 1) * sizeof *tops), piles = 0;
  for (int i = 0; i < n; i++) {
    int id = d->a.id[a + i];
    if (in_a[id].count != 1 || in_b[id].count != 1) continue;
    at[i] = in_b[id].at;
    int low = 0, high = piles;
    while (low < high) {
      int half = (low + high) / 2;
      if (at[tops[half]] < at[i])
        low = half + 1;
      else
        high = half;
    }
    before[i] = low ? tops[low - 1] : -1;
    tops[low] = i;
    if (low == piles) piles++;
  }
  int end_a = a + n, end_b = b + m;
  for (int i = piles ? tops[piles - 1] : -1; i >= 0; i = before[i]) {
    stretch(d, a + i + 1, end_a - (a + i + 1), at[i] + 1, end_b - (at[i] + 1), false);
    keep(d, a + i, at[i]);
    end_a = a + i;
    end_b = at[i];
  }
  if (piles) stretch(d, a, end_a - a, b, end_b - b, false);
  free(in_a);
  free(in_b);
  free(at);
  free(before);
  free(tops);
}

/* `cut`: may it be cut at unique lines? Once is enough: what is left over then has changed altogether. */
static void stretch(struct diff *d, int a, int n, int b, int m, bool cut) {
  for (; n && m && d->a.id[a] == d->b.id[b]; a++, b++, n--, m--)
    keep(d, a, b);
  for (; n && m && d->a.id[a + n - 1] == d->b.id[b + m - 1]; n--, m--)
    keep(d, a + n - 1, b + m - 1);
  if (!n || !m || shortest(d, a, n, b, m) || !cut) return;
  between_anchors(d, a, n, b, m);
}

/* -- hunks */

static void add_line(fq_json *lines, const char *sign, const struct text *t, int i) {
  size_t len = (size_t)(t->at[i + 1] - t->at[i]);
  if (len && t->at[i][len - 1] == '\n') len--;
  char *text = fq_strndup(t->at[i], len);
  fq_json *pair = fq_json_array();
  fq_json_push(pair, fq_json_new_str(sign));
  fq_json_push(pair, fq_json_new_str(text));
  fq_json_push(lines, pair);
  free(text);
}

static bool same_at(const struct diff *d, int a, int b) {
  return a < d->a.count && b < d->b.count && d->a.kept[a] && d->b.kept[b];
}

static bool at_end(const struct diff *d, int a, int b) {
  return a >= d->a.count && b >= d->b.count;
}

/* From the first difference at a, b on, until more lines agree than belong to two hunks. */
static fq_json *hunk(struct diff *d, int *a, int *b) {
  fq_json *o = fq_json_object(), *lines = fq_json_array();
  int lead = *a < *b ? *a : *b;
  if (lead > AROUND) lead = AROUND;
  fq_json_set_int(o, "from", *a - lead + 1);
  fq_json_set_int(o, "to", *b - lead + 1);
  for (int i = *a - lead; i < *a; i++)
    add_line(lines, "=", &d->a, i);
  for (;;) {
    while (*a < d->a.count && !d->a.kept[*a])
      add_line(lines, "-", &d->a, (*a)++);
    while (*b < d->b.count && !d->b.kept[*b])
      add_line(lines, "+", &d->b, (*b)++);
    int run = 0;
    while (same_at(d, *a + run, *b + run))
      run++;
    bool last = run > 2 * AROUND || at_end(d, *a + run, *b + run);
    int shown = last && run > AROUND ? AROUND : run;
    for (int i = 0; i < shown; i++)
      add_line(lines, "=", &d->a, *a + i);
    *a += run;
    *b += run;
    if (last) break;
  }
  fq_json_set(o, "lines", lines);
  return o;
}

fq_json *fq_textdiff(const char *from, const char *to) {
  struct diff d = {0};
  fq_json *hunks = fq_json_array();
  split(&d, &d.a, from);
  split(&d, &d.b, to);
  stretch(&d, 0, d.a.count, 0, d.b.count, true);
  int a = 0, b = 0;
  while (same_at(&d, a, b))
    a++, b++;
  while (!at_end(&d, a, b))
    fq_json_push(hunks, hunk(&d, &a, &b));
  fq_map_clear(&d.ids, NULL);
  for (int i = 0; i < 2; i++) {
    struct text *t = i ? &d.b : &d.a;
    free(t->at);
    free(t->id);
    free(t->kept);
  }
  return hunks;
}
