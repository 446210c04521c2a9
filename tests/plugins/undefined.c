/* Calls a function that no server has. */
#include <fengqiao.h>

void fq_no_such_function(void);

static enum fq_status init(void *self, fq_kernel *k, struct fq_error *e) {
  (void)self;
  (void)k;
  (void)e;
  fq_no_such_function();
  return FQ_OK;
}

FQ_PLUGIN = {
    FQ_PLUGIN_HEAD,   .name = "undefined",        .version = "0.1.0",
    .zh = "测试插件", .en = "a plugin for tests", .init = init,
};
