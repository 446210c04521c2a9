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

/* new DIR [TEMPLATE] */
int fq_policy_new_pack(int argc, char **argv);

#endif
