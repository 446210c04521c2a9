/*
 * From a data directory to a kernel with its plugins. Reads like a table of contents.
 */
#ifndef FQ_MAIN_BOOT_H
#define FQ_MAIN_BOOT_H

#include "main/main.h"
#include "plugin/registry.h"
#include "policy/luaconf.h"

struct server_options {
  int64_t readers, helpers, tick_commands;
  char plugins[256];
};

struct server {
  struct common common;
  char config_path[600];
  fq_json *config; /* what fengqiao.lua says, with the command line laid over it */
  struct fq_luaconf_lines *lines;
  struct server_options options;
  struct fq_registry registry;
  void *policy, *workshop; /* those modules' states, until the kernel has them */
  fq_kernel *kernel;
  int lock_fd;
};

enum boot_flag {
  BOOT_SERVE = 1,   /* threads for readers and helpers; otherwise a kernel for one command */
  BOOT_REBUILD = 2, /* to be filled from the journal: the database is `file` */
  BOOT_MEMORY = 4,  /* an empty county that nobody will see again */
};

/* Reads and checks the configuration and loads the plugins; every mistake goes to `problems`. */
size_t fq_boot_configure(struct server *s, const struct common *c, struct fq_problem_list *problems);
/* The configured plugins' names but one (NULL: all), pointing into `list`, a copy of the option that is cut
 * up. */
#define FQ_PLUGINS_MOST 32
size_t fq_boot_names(char *list, const char *without, const char *names[FQ_PLUGINS_MOST]);
/* Prints them on stderr; the exit code. */
int fq_boot_complain(const struct fq_problem_list *problems);
enum fq_status fq_boot_lock(struct server *s, struct fq_error *e);
/* Locks the data directory if need be, opens the kernel, adds plugins and policies, boots. */
enum fq_status fq_boot_open(struct server *s, int flags, const char *file, struct fq_error *e);
void fq_boot_close(struct server *s);
/* Both, complaining on stderr: the subcommands' usual way. -1: ready; else the exit code. */
int fq_boot(struct server *s, const struct common *c, int flags);
extern const struct fq_option fq_server_options[];

#endif
