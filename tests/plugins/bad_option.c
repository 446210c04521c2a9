/* An option whose default breaks its own bounds. */
#include <fengqiao.h>

struct self {
  int64_t wait_ms;
};

static const struct fq_option options[] = {
    {.name = "wait",
     .type = FQ_O_DURATION,
     FQ_OPTION_AT(struct self, wait_ms),
     .fallback = "2 h",
     .min = 1,
     .max = 1000,
     .zh = "等待",
     .en = "the wait"},
    {0},
};

FQ_PLUGIN = {
    FQ_PLUGIN_HEAD,
    .name = "bad_option",
    .version = "0.1.0",
    .zh = "测试插件",
    .en = "a plugin for tests",
    .options = options,
    .self_bytes = sizeof(struct self),
};
