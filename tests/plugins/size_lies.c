/* Says it is larger than it is: reading it whole would run past its end. */
#include <fengqiao.h>

struct short_plugin {
  uint32_t abi_major, abi_minor;
  size_t size;
  const char *name, *version, *zh, *en;
};

__asm__(".globl fq_plugin\n\t.type fq_plugin, @object\n\t.set fq_plugin, shorter\n\t.size fq_plugin, 48");
__attribute__((used, visibility("default"))) const struct short_plugin shorter = {
    .abi_major = FQ_ABI_MAJOR,
    .abi_minor = 0,
    .size = sizeof(struct fq_plugin),
    .name = "size_lies",
    .version = "0.1.0",
    .zh = "说谎的插件",
    .en = "a lying plugin",
};
