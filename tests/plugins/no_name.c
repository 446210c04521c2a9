/* A table without a name. */
#include <fengqiao.h>

FQ_PLUGIN = {
    FQ_PLUGIN_HEAD,
    .version = "0.1.0",
    .zh = "测试插件",
    .en = "a plugin for tests",
};
