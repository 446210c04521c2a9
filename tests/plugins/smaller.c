/* Built when the table ended after `methods`: accepted, and what it does not know is empty. The symbol
 * really is as small as it says. */
#include <fengqiao.h>

struct older_plugin {
  uint32_t abi_major, abi_minor;
  size_t size;
  const char *name, *version, *zh, *en;
  const char *const *migrations;
  const struct fq_kind *kinds, *also_applies;
  const struct fq_method *methods;
};

_Static_assert(sizeof(struct older_plugin) == offsetof(struct fq_plugin, reactions),
               "the head of the table moved");

__asm__(".globl fq_plugin\n\t.set fq_plugin, older");
__attribute__((used, visibility("default"))) const struct older_plugin older = {
    .abi_major = FQ_ABI_MAJOR,
    .abi_minor = 0,
    .size = sizeof(struct older_plugin),
    .name = "smaller",
    .version = "0.0.9",
    .zh = "旧插件",
    .en = "an older plugin",
};
