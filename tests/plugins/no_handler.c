/* A method with nobody behind it. */
#include <fengqiao.h>

static const struct fq_method methods[] = {
    {.name = "bad.call", .roles = FQ_ROLE_ALL, .zh = "调用", .en = "call"},
    {0},
};

FQ_PLUGIN = {
    FQ_PLUGIN_HEAD,   .name = "no_handler",       .version = "0.1.0",
    .zh = "测试插件", .en = "a plugin for tests", .methods = methods,
};
