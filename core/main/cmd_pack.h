/* What `fengqiao pack` does besides calling methods: files on this machine. argv[0] is the verb. */
#ifndef FQ_MAIN_CMD_PACK_H
#define FQ_MAIN_CMD_PACK_H

#include "main/local.h"

int fq_pack_keygen(int argc, char **argv);                         /* FILE */
int fq_pack_sign(int argc, char **argv);                           /* DIR --key FILE [--signer NAME] */
int fq_pack_verify(const struct common *c, int argc, char **argv); /* DIR [--key FILE] */
int fq_pack_export(const struct common *c, int argc, char **argv); /* NAME DIR|FILE.json */
int fq_pack_report(const struct common *c, int argc, char **argv); /* DIR|FILE.json */

#endif
