/* A method that nobody may call. */
#include <fengqiao.h>

static enum fq_status run(struct fq_call *c) {
  (void)c;
  return FQ_OK;
}

static const struct fq_method methods[] = {
    {.name = "bad.call", .run = run, .zh = "调用", .en = "call"},
    {0},
};

FQ_PLUGIN = {
    FQ_PLUGIN_HEAD,   .name = "no_roles",         .version = "0.1.0",
    .zh = "测试插件", .en = "a plugin for tests", .methods = methods,
};
