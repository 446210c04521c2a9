/* A part that is not named after its plugin. */
#include <fengqiao.h>

static const struct fq_plugin whistle = {
    FQ_PLUGIN_HEAD, .name = "whistle", .version = "0.1.0", .zh = "吹哨", .en = "whistles",
};
static const struct fq_plugin *const parts[] = {&whistle, NULL};

FQ_PLUGIN = {
    FQ_PLUGIN_HEAD,   .name = "bad_part",         .version = "0.1.0",
    .zh = "测试插件", .en = "a plugin for tests", .parts = parts,
};
