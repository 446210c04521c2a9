/* A method that is a command and a query at once. */
#include <fengqiao.h>

static enum fq_status run(struct fq_call *c) {
  (void)c;
  return FQ_OK;
}

static enum fq_status query(struct fq_query *q) {
  (void)q;
  return FQ_OK;
}

static const struct fq_method methods[] = {
    {.name = "bad.call", .roles = FQ_ROLE_ALL, .run = run, .query = query, .zh = "调用", .en = "call"},
    {0},
};

FQ_PLUGIN = {
    FQ_PLUGIN_HEAD,   .name = "two_handlers",     .version = "0.1.0",
    .zh = "测试插件", .en = "a plugin for tests", .methods = methods,
};
