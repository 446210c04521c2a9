/*
 * The policy module: a plugin like any other, linked in. It keeps packs and generations of policies in its
 * tables, hears every entry through fq_kernel_set_react(), and runs what policies decide.
 */
#ifndef FQ_POLICY_MODULE_H
#define FQ_POLICY_MODULE_H

#include "kernel/kernel.h"

extern const struct fq_plugin
    fq_policy_module; /* .self_bytes and .options as any plugin's; zeroed options are defaults */

#endif
