/* The table is there but static: nobody can see it. */
#include <fengqiao.h>

static const struct fq_plugin fq_plugin __attribute__((used)) = {
    FQ_PLUGIN_HEAD, .name = "no_symbol", .version = "0.1.0", .zh = "测试插件", .en = "a plugin for tests",
};
