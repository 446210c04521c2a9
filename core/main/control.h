/* The control socket: <data>/control.sock, mode 0600, one JSON-RPC request a line, answered as `system`. */
#ifndef FQ_MAIN_CONTROL_H
#define FQ_MAIN_CONTROL_H

#include "kernel/kernel.h"

struct control;
struct control *fq_control_open(fq_kernel *k, const char *data_dir, struct fq_error *e);
void fq_control_close(struct control *c);

#endif
