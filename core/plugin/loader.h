/*
 * Loader: opens one plugin file and decides whether its table may be trusted. Never closes what it opened:
 * native code upgrades by restart.
 * Knows nothing of configuration, of other plugins, or of the kernel.
 * Kernel thread, before the loop runs.
 */
#ifndef FQ_PLUGIN_LOADER_H
#define FQ_PLUGIN_LOADER_H

#include "fengqiao.h"

struct fq_loaded {
  struct fq_plugin *table; /* a copy in our own size; fq_loaded_free() */
  char path[512];
};

/* Opens `path` and checks the ABI and the table. On refusal the error names the file and what is wrong, in
 * both languages; `out` is then zero. */
enum fq_status fq_plugin_load(const char *path, struct fq_loaded *out, struct fq_error *e);
void fq_loaded_free(struct fq_loaded *l); /* the copy; the code stays mapped */

/* Is the table well formed by itself? The kernel checks names across plugins. Used by the loader, and by the
 * server for the modules linked into it. */
enum fq_status fq_plugin_check(const struct fq_plugin *p, struct fq_error *e);

#endif
