/*
 * A pack: a county's policies and dictionaries as one thing.
 *     <dir>/pack.lua            name, version, title = { zh, en }, policies = { paths }, requires = { plugins
 * }, setup = { { method, path } }
 *     <dir>/policies/x.lua      setup/x.lua      dictionaries/x.csv      scenarios/x.lua      i18n/x.json
 * org.csv is imported on its own, by the command line.
 */
#ifndef FQ_POLICY_PACK_H
#define FQ_POLICY_PACK_H

#include "policy/host.h"

/* Reads a directory into the parameters of pack.deploy: {pack, files: {path: text}}. NULL and an error with
 * the path. Any thread. */
fq_json *fq_pack_read(const char *dir, struct fq_error *e);
/* One file as text; NULL and an error. The caller frees. */
char *fq_pack_file(const char *dir, const char *name, struct fq_error *e);
/* Names ending in `suffix` in <dir>/<folder>, sorted: an array of "folder/name". Empty when there is no such
 * folder. */
fq_json *fq_pack_list(const char *dir, const char *folder, const char *suffix);

/* Is it a path that a file of a pack may have: pack.lua, or a file of one of its folders with that folder's
 * suffix, and nothing that could lead elsewhere? */
bool fq_pack_path(const char *path);
/* SHA-256 over all paths and texts, whatever their order. */
void fq_pack_digest(const fq_json *files, char out[65]);
/* What pack.lua calls the version; "" when it does not compile or says nothing. */
void fq_pack_version(const fq_json *files, char *out, size_t cap);
#define FQ_PACK_FILE_MAX  (1u << 20) /* bytes of one file */
#define FQ_PACK_MAX       (8u << 20) /* of all of them: a deployment is one journal entry */
#define FQ_PACK_FILES_MAX 200
/* What is wrong with the names, sizes and kinds of {path: text}, whatever they say. Any thread. */
void fq_pack_files_check(const fq_json *files, struct fq_findings *f);

#define FQ_PACK_SIGNATURE "pack.sig" /* covers the others: signature.h */

struct fq_pack {
  char name[FQ_ID_MAX], version[48], zh[96], en[96];
  char digest[65]; /* SHA-256 over all paths and texts */
  struct fq_version **versions;
  size_t count;
};
/* Everything wrong with the files goes into findings; false when there is any. The host's modules decide what
 * is known. Clear `out` in either case. */
bool fq_pack_check(struct fq_host *h, const struct fq_module *modules, size_t count, const char *name,
                   const fq_json *files, struct fq_pack *out, struct fq_findings *f);
void fq_pack_clear(struct fq_pack *p);
/* Scenarios that do not compile. Apart from fq_pack_check(), because a deployment may go over a scenario with
 * a reason. */
bool fq_pack_check_scenarios(struct fq_host *h, const fq_json *files, struct fq_findings *f);

#endif
