/* What the files of the workshop module share. */
#ifndef FQ_WORKSHOP_INTERNAL_H
#define FQ_WORKSHOP_INTERNAL_H

#include "workshop/workshop.h"

struct fq_workshop {
  fq_kernel *kernel;
};

extern const struct fq_plugin fq_workshop_draft, fq_workshop_job; /* parts */

#endif
