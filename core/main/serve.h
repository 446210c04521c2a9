/* Serving a booted kernel until a signal: shared by `serve` and `demo`. */
#ifndef FQ_MAIN_SERVE_H
#define FQ_MAIN_SERVE_H

#include "main/boot.h"

/* `ready` is called once traffic can come. Returns the exit code. */
int fq_serve(struct server *s, void (*ready)(struct server *s, void *arg), void *arg);

#endif
