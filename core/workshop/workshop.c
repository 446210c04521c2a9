/* The workshop module's table of contents: see workshop.h. Kernel thread. */
#include "workshop/workshop.h"

#include <stdlib.h>

#include "base/mem.h"
#include "workshop/workshop_internal.h"

static enum fq_status init(void *self, fq_kernel *k, struct fq_error *e) {
  struct fq_workshop *w = self;
  (void)e;
  w->kernel = k;
  return FQ_OK;
}

static const struct fq_plugin *const parts[] = {&fq_workshop_draft, &fq_workshop_job, NULL};

const struct fq_plugin fq_workshop_module = {
    FQ_PLUGIN_HEAD, .name = "workshop", .version = "1", .zh = "规则工坊", .en = "the policy workshop",
    .init = init,   .fini = free,       .parts = parts};

void *fq_workshop_new(void) {
  return fq_alloc(sizeof(struct fq_workshop));
}
