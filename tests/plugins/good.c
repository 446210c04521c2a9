/* Nothing wrong with this one: it starts, stops, and says so. */
#include <fengqiao.h>
#include "mark.h"

static enum fq_status init(void *self, fq_kernel *k, struct fq_error *e) {
  (void)self;
  (void)k;
  (void)e;
  mark("good.init");
  return FQ_OK;
}

static void fini(void *self) {
  (void)self;
  mark("good.fini");
}

FQ_PLUGIN = {
    FQ_PLUGIN_HEAD, .name = "good", .version = "0.1.0", .zh = "测试插件", .en = "a plugin for tests",
    .init = init,   .fini = fini,
};
