/* form.h - what the files of this part share. Kernel thread; queries on reader threads. */
#ifndef FQ_PLUGIN_DISPATCH_FORM_H
#define FQ_PLUGIN_DISPATCH_FORM_H

#include "dispatch.h"

DP_COMMAND(dp_incident_fill);
DP_APPLY(dp_apply_filled);       /* incident.filled */
DP_APPLY(dp_apply_filled_first); /* incident.reported, with a form */

#endif
