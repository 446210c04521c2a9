/* Refuses to start: fini must run all the same. */
#include <fengqiao.h>
#include "mark.h"

static enum fq_status init(void *self, fq_kernel *k, struct fq_error *e) {
  (void)self;
  (void)k;
  mark("init_fails.init");
  return fq_fail(e, FQ_E_CONFLICT, "init_fails.no", "", "今天不上班", "not working today");
}

static void fini(void *self) {
  (void)self;
  mark("init_fails.fini");
}

FQ_PLUGIN = {
    FQ_PLUGIN_HEAD, .name = "init_fails", .version = "0.1.0", .zh = "测试插件", .en = "a plugin for tests",
    .init = init,   .fini = fini,
};
