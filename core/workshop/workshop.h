/*
 * The workshop: where a pack is written, checked and tried before it decides about anybody. A module of the
 * kernel like the policies: draft.c (packs being written), job.c (runs in child processes). What a run does
 * is in run.h.
 */
#ifndef FQ_WORKSHOP_WORKSHOP_H
#define FQ_WORKSHOP_WORKSHOP_H

#include "kernel/kernel.h"

extern const struct fq_plugin fq_workshop_module;
/* The module's state; the kernel's closing frees it. */
void *fq_workshop_new(void);

#endif
