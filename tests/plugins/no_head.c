/* Forgot FQ_PLUGIN_HEAD but the major: its size is zero. */
#include <fengqiao.h>

FQ_PLUGIN = {
    .abi_major = FQ_ABI_MAJOR,
    .name = "no_head",
    .version = "0.1.0",
    .zh = "测试插件",
    .en = "a plugin for tests",
};
