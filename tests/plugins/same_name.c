/* Calls itself good: two plugins cannot have one name. */
#include <fengqiao.h>

FQ_PLUGIN = {
    FQ_PLUGIN_HEAD, .name = "good", .version = "0.1.0", .zh = "测试插件", .en = "a plugin for tests",
};
