/* From words of the command line to parameters of a method: see verb.h. */
#include "main/verb.h"

#include <stdlib.h>
#include <string.h>

#include "policy/pack.h"

/* One word of a specification: its name, and what follows the name. */
struct spec {
  char name[32];
  const char *mark;
};

static bool next_spec(const char **at, struct spec *s) {
  *at += strspn(*at, " ");
  size_t len = strcspn(*at, " "), name = strcspn(*at, " #?!=");
  if (!len || name >= sizeof s->name) return false;
  memcpy(s->name, *at, name);
  s->name[name] = '\0';
  s->mark = *at + name;
  *at += len;
  return true;
}

static bool set(fq_json *params, const char *name, const char *value, bool number) {
  char *end = NULL;
  long long n = strtoll(value, &end, 10);
  if (number && (!*value || *end)) return false;
  if (number)
    fq_json_set_int(params, name, n);
  else
    fq_json_set_str(params, name, value);
  return true;
}

/* An option at argv[i]: how many words it takes, 0 when the verb has none like it. */
static int take_option(const struct verb *v, fq_json *params, char **argv, int i, int argc) {
  struct spec s;
  for (const char *at = v->options ? v->options : ""; next_spec(&at, &s);) {
    if (strcmp(argv[i] + 2, s.name)) continue;
    if (*s.mark == '!') {
      fq_json_set_bool(params, s.name, true);
      return 1;
    }
    if (*s.mark == '=') { /* --move=open: the parameter open becomes "move" */
      char param[32];
      size_t len = strcspn(s.mark + 1, " ");
      snprintf(param, sizeof param, "%.*s", (int)len, s.mark + 1);
      fq_json_set_str(params, param, s.name);
      return 1;
    }
    if (i + 1 >= argc || !set(params, s.name, argv[i + 1], *s.mark == '#')) return 0;
    return 2;
  }
  return 0;
}

static bool read_pack(fq_json *params, const char *dir, struct fq_error *e) {
  if (fq_json_bool(params, "draft", false)) {
    fq_json_set_str(params, "pack", dir);
    return true;
  }
  fq_json *pack = fq_pack_read(dir, e);
  fq_json_each(m, pack) fq_json_set(params, fq_json_name(m), fq_json_dup(m));
  fq_json_free(pack);
  return pack != NULL;
}

/* -1: go on. */
static int take_order(const struct verb *v, fq_json *params, char **words, int count,
                      const struct command *self) {
  struct spec s;
  int i = 0;
  for (const char *at = v->order ? v->order : ""; next_spec(&at, &s); i++) {
    struct fq_error e = {0};
    if (i >= count) {
      if (strchr(s.mark, '?') && strcspn(s.mark, " ") > strcspn(s.mark, "?")) return -1;
      return fq_usage(self, stderr);
    }
    if (!strcmp(s.name, "DIR")) {
      if (!read_pack(params, words[i], &e)) return fq_complain(&e);
    } else if (!set(params, s.name, words[i], *s.mark == '#'))
      return fq_usage(self, stderr);
  }
  return i < count ? fq_usage(self, stderr) : -1;
}

/* How many words of the verb stand at argv[1]; 0 when it is another. */
static int matches(const struct verb *v, int argc, char **argv) {
  int n = 0;
  for (const char *w = v->words; *w; n++) {
    size_t len = strcspn(w, " ");
    if (n + 1 >= argc || strlen(argv[n + 1]) != len || strncmp(w, argv[n + 1], len)) return 0;
    w += len + (w[len] == ' ');
  }
  return n;
}

void fq_words_first(int argc, char **argv) {
  int i = 1;
  while (i < argc && !strncmp(argv[i], "--", 2))
    i += strchr(argv[i], '=') || !strcmp(argv[i], "--json") || !strcmp(argv[i], "--quiet") ||
                 !strcmp(argv[i], "--help")
             ? 1
             : 2;
  if (i >= argc) return;
  for (; i > 1; i--) { /* one step to the left, the first to the end */
    char *first = argv[1];
    memmove(argv + 1, argv + 2, (size_t)(argc - 2) * sizeof *argv);
    argv[argc - 1] = first;
  }
}

int fq_verb_run(int argc, char **argv, const struct verb *verbs, const struct command *self) {
  const struct verb *v = verbs;
  struct common c;
  int n = 0, count = 1, code;
  fq_words_first(argc, argv);
  while (v->words && !(n = matches(v, argc, argv)))
    v++;
  if (!v->words) {
    code = fq_common(&argc, argv, &c, self);
    return code >= 0 ? code : fq_usage(self, stderr);
  }
  fq_json *params = fq_json_object();
  for (int i = n + 1; i < argc;) { /* what is the verb's is taken out, the rest is everybody's */
    int took = !strncmp(argv[i], "--", 2) ? take_option(v, params, argv, i, argc) : 0;
    if (!took) argv[count++] = argv[i++];
    i += took;
  }
  argv[count] = NULL;
  code = fq_common(&count, argv, &c, self);
  if (code < 0) code = take_order(v, params, argv + 1, count - 1, self);
  if (code >= 0) {
    fq_json_free(params);
    return code;
  }
  return v->run ? v->run(&c, v, params) : fq_local_once(&c, v->method, params);
}
