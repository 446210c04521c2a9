/* A metric named outside its plugin. */
#include <fengqiao.h>

static double read_it(void *self) {
  (void)self;
  return 0;
}

static const struct fq_metric metrics[] = {{"fengqiao_terminal_frames_total", "frames", true, read_it}, {0}};

FQ_PLUGIN = {
    FQ_PLUGIN_HEAD,   .name = "bad_metric",       .version = "0.1.0",
    .zh = "测试插件", .en = "a plugin for tests", .metrics = metrics,
};
