/*
 * Calling methods as `system` from the command line: through the control socket when a server runs on the
 * data directory, otherwise by opening the directory here.
 */
#ifndef FQ_MAIN_LOCAL_H
#define FQ_MAIN_LOCAL_H

#include "main/boot.h"

struct local {
  int fd; /* the control socket, or -1 */
  struct server server;
  struct fq_buf in;
};
int fq_local_open(struct local *l,
                  const struct common *c); /* -1: ready; else the exit code, after complaining */
/* The same on an empty county in memory when there is neither a server nor a county to ask: for checks that
 * need the plugins' words only. */
int fq_local_open_any(struct local *l, const struct common *c);
/* Takes params. The caller frees *result. */
enum fq_status fq_local_call(struct local *l, const char *method, fq_json *params, fq_json **result,
                             struct fq_error *e);
void fq_local_close(struct local *l);
/* One call: opens (`anywhere`: as fq_local_open_any), calls, closes. Takes params; the caller frees the
 * result. NULL when it did not go well: *code is what an opening ended with, which has complained, or -1 and
 * the error is the call's. */
fq_json *fq_local_ask(const struct common *c, bool anywhere, const char *method, fq_json *params, int *code,
                      struct fq_error *e);
/* Prints a call's result, which it takes, as JSON (unless quiet), or its error when that is NULL; the exit
 * code. */
int fq_local_finish(const struct common *c, fq_json *result, const struct fq_error *e);
/* Opens, calls, prints the result as JSON (unless quiet), closes; the exit code. */
int fq_local_once(const struct common *c, const char *method, fq_json *params);
/* Connects to the control socket; -1 when no server listens. */
int fq_control_connect(const char *data_dir);

#endif
