/*
 * The workshop: where a pack is written, checked and tried before it decides about anybody. A module of the
 * kernel like the policies: draft.c (packs being written), job.c (runs in child processes). What a run does
 * is in run.h.
 */
#ifndef FQ_WORKSHOP_WORKSHOP_H
#define FQ_WORKSHOP_WORKSHOP_H

#include "kernel/kernel.h"

extern const struct fq_plugin fq_workshop_module;
/* The module's state, which fq_workshop_module.options describes; the kernel's closing frees it, or whoever
 * made it when it came to no kernel: fq_workshop_free(). */
void *fq_workshop_new(void);
void fq_workshop_free(void *self); /* NULL is fine */

/* This program runs `policy <run>` when it is started again with these words: then there are jobs, and
 * deployments pass the gate. Before boot; either may be NULL. */
void fq_workshop_children(void *self, const char *plugins, const char *config);

#endif
