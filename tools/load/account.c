/* Who signs in: the file of tokens, or a pack's users.csv with one password for all. */
#include <stdlib.h>
#include <string.h>

#include "load.h"

static const char *const names[ROLE_COUNT] = {"officer", "dispatcher", "commander", "director", "department"};

const char *role_name(enum role r) {
  return names[r];
}

/* The first role that plays a part here, of a list "dispatcher,officer". */
static bool role_of(const char *list, enum role *out) {
  for (const char *p = list; *p;) {
    size_t n = strcspn(p, ",;");
    for (int r = 0; r < ROLE_COUNT; r++)
      if (strlen(names[r]) == n && strncmp(names[r], p, n) == 0) {
        *out = (enum role)r;
        return true;
      }
    p += n + (p[n] != 0);
  }
  return false;
}

static bool wanted(enum role r) {
  if (!opt.roles) return true;
  size_t len = strlen(names[r]);
  for (const char *p = opt.roles; *p;) {
    size_t n = strcspn(p, ",");
    if (n == len && strncmp(p, names[r], n) == 0) return true;
    p += n + (p[n] == ',');
  }
  return false;
}

struct list {
  struct account *at;
  size_t count, cap;
};

static void add(struct list *l, const char *name, const char *token, const char *role, const char *org) {
  enum role r;
  if (!role_of(role, &r) || !wanted(r)) return;
  if (l->count == l->cap) {
    l->cap = l->cap ? 2 * l->cap : 256;
    l->at = fq_realloc(l->at, l->cap * sizeof *l->at);
  }
  struct account *a = &l->at[l->count++];
  *a = (struct account){.role = r};
  fq_copy(a->name, sizeof a->name, name);
  fq_copy(a->org, sizeof a->org, org);
  fq_copy(a->token, sizeof a->token, strcmp(token, "-") == 0 ? "" : token);
}

static bool read_lines(const char *path, struct list *l, struct fq_error *e) {
  size_t len;
  int number = 0;
  char *text = file_read(path, &len, e);
  if (!text) return false;
  bool fine = true;
  for (char *save = NULL, *line = strtok_r(text, "\n", &save); line && fine;
       line = strtok_r(NULL, "\n", &save)) {
    char *inner = NULL, *word[4] = {NULL};
    number++;
    if (line[0] == '#') continue;
    for (int i = 0; i < 4; i++)
      word[i] = strtok_r(i ? NULL : line, " \t\r", &inner);
    if (!word[0]) continue;
    fine = word[3] != NULL;
    if (fine) add(l, word[0], word[1], word[2], word[3]);
  }
  free(text);
  if (!fine) {
    char where[300];
    snprintf(where, sizeof where, "%s:%d", path, number);
    fq_fail(e, FQ_E_PARAMS, "tokens", where, "应为“用户 令牌 角色 单位”%s",
            "expected \"name token role org\"%s", "");
  }
  return fine;
}

static bool read_users(const char *path, struct list *l, struct fq_error *e) {
  fq_json *rows = csv_read(path, e);
  if (!rows) return false;
  fq_json_each(row, rows) {
    const char *name = fq_json_str(row, "name"), *roles = fq_json_str(row, "roles"),
               *org = fq_json_str(row, "org");
    if (name && roles && org) add(l, name, "-", roles, org);
  }
  fq_json_free(rows);
  return true;
}

/* Desks hear everything, officers their own: at most a quarter of the terminals are desks, dispatchers first;
 * the rest are officers, from all over the county. */
static void arrange(struct list *l, size_t wish) {
  struct account *out = fq_alloc((l->count + 1) * sizeof *out);
  size_t officers = 0, desks = 0, n = 0;
  for (size_t i = 0; i < l->count; i++)
    officers += l->at[i].role == ROLE_OFFICER;
  desks = l->count - officers;
  if (officers && desks > wish / 4) desks = wish >= 2 && wish < 4 ? 1 : wish / 4;
  for (int r = ROLE_DISPATCHER; r < ROLE_COUNT; r++)
    for (size_t i = 0; i < l->count && n < desks; i++)
      if (l->at[i].role == (enum role)r) out[n++] = l->at[i];
  size_t first = n;
  for (size_t i = 0; i < l->count; i++)
    if (l->at[i].role == ROLE_OFFICER) out[n++] = l->at[i];
  for (size_t i = n; i > first + 1; i--) {
    size_t other = first + (size_t)chance_below((int64_t)(i - first));
    struct account swap = out[i - 1];
    out[i - 1] = out[other];
    out[other] = swap;
  }
  free(l->at);
  l->at = out;
  l->count = n;
}

bool accounts_read(const char *path, struct account **list, size_t *count, struct fq_error *e) {
  struct list l = {0};
  size_t len;
  char *text = file_read(path, &len, e);
  if (!text) return false;
  bool csv = strncmp(text, "name,", 5) == 0 || strncmp(text, "\xef\xbb\xbfname,", 8) == 0;
  free(text);
  if (!(csv ? read_users(path, &l, e) : read_lines(path, &l, e))) {
    free(l.at);
    return false;
  }
  bool unsigned_in = false;
  for (size_t i = 0; i < l.count; i++)
    unsigned_in |= !l.at[i].token[0];
  if (!l.count || (unsigned_in && !opt.password)) {
    if (l.count)
      fq_fail(e, FQ_E_PARAMS, "tokens", path, "有账号没有令牌,请给出 --password%s",
              "some accounts have no token: give --password%s", "");
    else
      fq_fail(e, FQ_E_PARAMS, "tokens", path, "没有可用的账号%s", "no account of the wanted roles%s", "");
    free(l.at);
    return false;
  }
  arrange(&l, opt.terminals ? (size_t)opt.terminals : l.count);
  *list = l.at;
  *count = l.count;
  return true;
}
