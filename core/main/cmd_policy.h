/* The runs of the workshop as subcommands of `fengqiao policy`. */
#ifndef FQ_MAIN_CMD_POLICY_H
#define FQ_MAIN_CMD_POLICY_H

#include "main/boot.h"
#include "workshop/run.h"

/* argv[0] is the run's name. PACKDIR, or --candidate FILE with {pack, files} as a server hands it to its
 * child;
 * --base DIR|FILE likewise; every option of the run as --name value; --json: a line each; --list NAME.
 * The exit code: 0 well, 1 something was found, 2 wrong usage or the run failed. */
int fq_run_command(int argc, char **argv);

/* The rows of one list as CSV; the rest of the report is left out. */
struct fq_report_csv {
  const char *list;
  char dir[256];
  struct fq_rows_writer *rows;
  struct fq_error error;
  bool ok;
};
bool fq_report_csv_open(struct fq_report_csv *r, const char *list, struct fq_report *out, struct fq_error *e);
enum fq_status fq_report_csv_close(struct fq_report_csv *r, FILE *out, struct fq_error *e);

/* new DIR [TEMPLATE] */
int fq_policy_new_pack(int argc, char **argv);

#endif
