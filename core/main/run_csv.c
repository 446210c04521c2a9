/* --csv LIST of a run: the rows of one list, as a spreadsheet reads them. See cmd_policy.h. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "main/cmd_policy.h"
#include "workshop/rows.h"

static void row(void *arg, const char *list, const fq_json *value) {
  struct fq_report_csv *r = arg;
  if (!strcmp(list, r->list) && !r->error.status) fq_rows_add(r->rows, list, value, &r->error);
}

static void progress(void *arg, double share, const char *zh, const char *en) {
  (void)arg, (void)share, (void)zh, (void)en;
}

static void summary(void *arg, const fq_json *value) {
  ((struct fq_report_csv *)arg)->ok = fq_json_bool(value, "ok", false);
}

bool fq_report_csv_open(struct fq_report_csv *r, const char *list, struct fq_report *out,
                        struct fq_error *e) {
  const char *tmp = getenv("TMPDIR");
  *r = (struct fq_report_csv){.list = list};
  snprintf(r->dir, sizeof r->dir, "%s/fengqiao-XXXXXX", tmp && strlen(tmp) < 200 ? tmp : "/tmp");
  if (!mkdtemp(r->dir)) {
    fq_fail(e, FQ_E_STORAGE, "file", r->dir, "无法新建临时目录", "cannot make a temporary directory");
    return false;
  }
  r->rows = fq_rows_create(r->dir);
  *out = (struct fq_report){.arg = r, .progress = progress, .row = row, .summary = summary};
  return true;
}

static void remove_all(const char *path) {
  DIR *dir = opendir(path);
  for (struct dirent *d; dir && (d = readdir(dir));)
    if (d->d_name[0] != '.') unlinkat(dirfd(dir), d->d_name, 0);
  if (dir) closedir(dir);
  rmdir(path);
}

/* In pieces of some megabytes. A list without rows is an empty file; `out` NULL: the run failed. */
enum fq_status fq_report_csv_close(struct fq_report_csv *r, FILE *out, struct fq_error *e) {
  if (!r->error.status) fq_rows_flush(r->rows, &r->error);
  fq_rows_close(r->rows);
  fq_json *lists = fq_rows_lists(r->dir);
  bool any = fq_json_get(lists, r->list) != NULL;
  fq_json_free(lists);
  for (int64_t after = any && out ? 0 : -1; after >= 0 && !r->error.status;) {
    fq_json *piece = fq_json_object();
    if (!fq_rows_csv(r->dir, r->list, after, piece, &r->error)) fputs(fq_json_str(piece, "csv"), out);
    after = fq_json_int(piece, "next", -1);
    fq_json_free(piece);
  }
  remove_all(r->dir);
  *e = r->error;
  return r->error.status;
}
