/*
 * Registry: the plugins a server runs. Finds them by name in a directory, loads them, gives each its state
 * with the options filled in, and adds them to the kernel.
 * Knows nothing of command lines or Lua; must not call into a plugin: that is the kernel's part.
 * Kernel thread, before the loop runs.
 */
#ifndef FQ_PLUGIN_REGISTRY_H
#define FQ_PLUGIN_REGISTRY_H

#include "plugin/loader.h"
#include "plugin/options.h"
#include "kernel/kernel.h"

struct fq_registry_slot {
  struct fq_loaded loaded;
  void *self; /* self_bytes, zeroed, options filled in */
};

/* Zero to begin with. */
struct fq_registry {
  struct fq_registry_slot *slots;
  size_t count;
};

struct fq_registry_config {
  const char *dir;          /* NULL: where `make install` puts plugins */
  const char *const *names; /* "dispatch", "terminal" ... in this order */
  size_t count;
  const fq_json *values;          /* the whole configuration, or NULL */
  struct fq_option_source source; /* its file and lines */
  const char *const *sections;    /* members of the configuration that are not plugins, NULL at the end */
};

/* Loads all of them and parses their options. Every mistake goes to `problems`; gives how many. What loaded
 * well is in `r` either way, so that a check can go on to print options. */
size_t fq_registry_load(struct fq_registry *r, const struct fq_registry_config *config,
                        struct fq_problem_list *problems);

/* Adds the plugins to a kernel that has not booted. The kernel then owns their life: it calls init in this
 * order, and fini in reverse for each whose init was called, when booting fails and when it closes. */
enum fq_status fq_registry_add(const struct fq_registry *r, fq_kernel *k, struct fq_error *e);

/* After fq_kernel_close(): frees the states. Code stays mapped. */
void fq_registry_free(struct fq_registry *r);

/* The file of a plugin: DIR/NAME.so, else where libtool keeps it before installation (DIR/.libs/NAME.so,
 * DIR/NAME/.libs/NAME.so, DIR/plugins/NAME/.libs/NAME.so). NULL when there is none; the caller frees. */
char *fq_registry_find(const char *dir, const char *name);

#endif
