/* What `fengqiao pack` does besides calling methods: files on this machine. argv[0] is the verb. */
#ifndef FQ_MAIN_CMD_PACK_H
#define FQ_MAIN_CMD_PACK_H

#include "main/local.h"

int fq_pack_keygen(int argc, char **argv); /* FILE */
int fq_pack_sign(int argc, char **argv);   /* DIR --key FILE [--signer NAME] */
int fq_pack_verify(const struct common *c, const char *dir, const char *key); /* key: NULL or a file */
/* Takes "--key FILE" and the like out of the words; NULL when it is not there. */
const char *fq_pack_option(int *argc, char **argv, const char *name);
int fq_pack_export(const struct common *c, int argc, char **argv); /* NAME DIR|FILE.json */
int fq_pack_report(const struct common *c, int argc, char **argv); /* DIR|FILE.json */
void fq_pack_print_diff(const fq_json *diff);

void fq_pack_print_report(FILE *out, const fq_json *report);
/* Before an installation or an upgrade: says what it would change; EXIT_DONE when nothing speaks against it.
 */
int fq_pack_admit(const struct common *c, bool upgrade, const fq_json *params);

#endif
