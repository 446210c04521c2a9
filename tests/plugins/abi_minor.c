/* Built for a newer minor ABI than the server has. */
#include <fengqiao.h>

FQ_PLUGIN = {
    .abi_major = FQ_ABI_MAJOR,
    .abi_minor = FQ_ABI_MINOR + 1,
    .size = sizeof(struct fq_plugin),
    .name = "abi_minor",
    .version = "0.1.0",
    .zh = "测试插件",
    .en = "a plugin for tests",
};
