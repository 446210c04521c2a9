/* A difference of packs for people: as other tools write one. */
#include <string.h>

#include "main/cmd_pack.h"

static void print_hunk(const fq_json *h) {
  printf("@@ -%lld +%lld @@\n", (long long)fq_json_int(h, "from", 0), (long long)fq_json_int(h, "to", 0));
  fq_json_each(line, fq_json_get(h, "lines")) {
    const char *sign = fq_json_as_str(fq_json_first(line));
    printf("%s%s\n", *sign == '=' ? " " : sign, fq_json_as_str(fq_json_next(fq_json_first(line))));
  }
}

static void print_kinds(const char *words, const fq_json *kinds) {
  if (!fq_json_size(kinds)) return;
  printf("  %s:", words);
  fq_json_each(k, kinds) printf(" %s", fq_json_as_str(k));
  printf("\n");
}

static void print_policy(const fq_json *p) {
  static const struct {
    const char *change, *zh;
  } words[] = {{"added", "新增"}, {"removed", "移除"}, {"changed", "改变"}, {"broken", "有误"}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strcmp(words[i].change, fq_json_str(p, "change")))
      printf("规则 / policy %s: %s %s\n", fq_json_str(p, "policy"), words[i].zh, words[i].change);
  if (strcmp(fq_json_str(p, "change"), "changed")) return;
  print_kinds("新听 / hears now", fq_json_get(p, "kinds_added"));
  print_kinds("不再听 / hears no more", fq_json_get(p, "kinds_removed"));
}

void fq_pack_print_diff(const fq_json *diff) {
  const fq_json *from = fq_json_get(diff, "from"), *to = fq_json_get(diff, "to");
  bool any = false;
  fq_json_each(f, fq_json_get(diff, "files")) {
    const char *path = fq_json_str(f, "path"), *change = fq_json_str(f, "change");
    if (!strcmp(change, "same")) continue;
    any = true;
    if (!strcmp(change, "added"))
      printf("--- /dev/null\n");
    else
      printf("--- %s\t%s\n", path, fq_json_str(from, "label"));
    if (!strcmp(change, "removed"))
      printf("+++ /dev/null\n");
    else
      printf("+++ %s\t%s\n", path, fq_json_str(to, "label"));
    fq_json_each(h, fq_json_get(f, "hunks")) print_hunk(h);
  }
  fq_json_each(p, fq_json_get(diff, "policies")) print_policy(p);
  if (!any) printf("没有差别 / nothing differs\n");
}
