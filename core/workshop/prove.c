/* proof: see run.h. */
#include "workshop/run.h"

static enum fq_status run(const struct fq_run *r, struct fq_error *e) {
  (void)r;
  return fq_fail(e, FQ_E_INTERNAL, "run", "", "尚不可用", "not available");
}

static void print(FILE *out, const char *list, const fq_json *value) {
  (void)out, (void)list, (void)value;
}

const struct fq_run_kind fq_run_prove = {
    .name = "prove", .county = true, .run = run, .print = print, .zh = "证明", .en = "proof"};
