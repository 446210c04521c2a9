/* A kind without apply: its entries would change nothing. */
#include <fengqiao.h>

static const struct fq_kind kinds[] = {
    {"bad.happened", NULL, FQ_ROLE_ALL, 0, "坏事", "bad"},
    {0},
};

FQ_PLUGIN = {
    FQ_PLUGIN_HEAD,   .name = "kind_no_apply",    .version = "0.1.0",
    .zh = "测试插件", .en = "a plugin for tests", .kinds = kinds,
};
