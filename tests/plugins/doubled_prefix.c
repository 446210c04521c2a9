/* A method whose name repeats its prefix. */
#include <fengqiao.h>

static enum fq_status run(struct fq_call *c) {
  (void)c;
  return FQ_OK;
}

static const struct fq_method methods[] = {
    {.name = "bad.bad.call", .roles = FQ_ROLE_ALL, .run = run, .zh = "调用", .en = "call"},
    {0},
};

FQ_PLUGIN = {
    FQ_PLUGIN_HEAD,   .name = "doubled_prefix",   .version = "0.1.0",
    .zh = "测试插件", .en = "a plugin for tests", .methods = methods,
};
