/* Creating a data directory: shared by `init` and `demo`. */
#ifndef FQ_MAIN_INIT_H
#define FQ_MAIN_INIT_H

#include "main/main.h"

int fq_init(const struct common *c); /* the exit code */

#endif
