/* Built for another major ABI. */
#include <fengqiao.h>

FQ_PLUGIN = {
    .abi_major = FQ_ABI_MAJOR + 1,
    .abi_minor = 0,
    .size = sizeof(struct fq_plugin),
    .name = "abi_major",
    .version = "0.1.0",
    .zh = "测试插件",
    .en = "a plugin for tests",
};
