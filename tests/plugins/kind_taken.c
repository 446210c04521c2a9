/* Declares a kind that apply_fails declares, too: each is fine alone, together the kernel refuses. */
#include <fengqiao.h>

static enum fq_status apply(struct fq_apply *a, const struct fq_entry *e) {
  (void)a;
  (void)e;
  return FQ_OK;
}

static const struct fq_kind kinds[] = {{"bad.happened", apply, FQ_ROLE_ALL, 0, "坏事", "bad"}, {0}};

FQ_PLUGIN = {
    FQ_PLUGIN_HEAD,   .name = "kind_taken",       .version = "0.1.0",
    .zh = "测试插件", .en = "a plugin for tests", .kinds = kinds,
};
