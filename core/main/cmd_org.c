/* fengqiao org: the org tree from the shell. */
#include "main/county.h"

#include <string.h>

static int import(const struct common *c, const char *path) {
  struct local l;
  struct fq_error e = {0};
  int64_t done = 0;
  int code = fq_local_open(&l, c);
  if (code >= 0) return code;
  code = fq_county_units(&l, path, &done, &e) ? (fq_complain(&e), EXIT_REFUSED) : EXIT_DONE;
  if (code == EXIT_DONE && !c->quiet)
    printf("已导入 %lld 个单位 / %lld units imported\n", (long long)done, (long long)done);
  fq_local_close(&l);
  return code;
}

static int map(const struct common *c, const char *path) {
  struct local l;
  struct fq_error e = {0};
  int64_t areas = 0;
  int code = fq_local_open(&l, c);
  if (code >= 0) return code;
  code = fq_county_map(&l, c, path, &areas, &e) ? (fq_complain(&e), EXIT_REFUSED) : EXIT_DONE;
  if (code == EXIT_DONE && !c->quiet)
    printf("地图已更换:%lld 个区域 / the county's map is set: %lld areas\n", (long long)areas,
           (long long)areas);
  fq_local_close(&l);
  return code;
}

static int run(int argc, char **argv) {
  struct common c;
  int code = fq_common(&argc, argv, &c, &fq_command_org);
  if (code >= 0) return code;
  if (argc == 3 && !strcmp(argv[1], "import")) return import(&c, argv[2]);
  if (argc == 3 && !strcmp(argv[1], "map")) return map(&c, argv[2]);
  if (argc >= 2 && argc <= 3 && !strcmp(argv[1], "tree")) {
    fq_json *p = fq_json_object();
    if (argc == 3) fq_json_set_str(p, "root", argv[2]);
    return fq_local_once(&c, "org.tree", p);
  }
  return fq_usage(&fq_command_org, stderr);
}

const struct command fq_command_org = {
    "org", run, "组织树", "the org tree",
    "usage: fengqiao org [--data DIR] import ORG.csv    id,parent,kind,name,lon,lat,valid_from\n"
    "       fengqiao org tree [ROOT]\n"
    "       fengqiao org map MAP.geojson                县、乡镇、村、网格的界线 / outlines of the units\n\n"
    "上级写在下级之前。重复导入更新同一代码的单位;出错的一批不会留下一半。\n"
    "Parents come before children. Importing again updates units of the same code; a batch with a mistake\n"
    "leaves nothing behind.\n"};
