/* Log lines to stderr, one write each, for journald. Any thread. */
#ifndef FQ_BASE_LOG_H
#define FQ_BASE_LOG_H

#include "fengqiao.h"

void fq_log_level(enum fq_log_level most);

#endif
