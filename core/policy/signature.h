/*
 * Signed packs: who answers for these rules? `pack.sig` lies beside pack.lua and covers name, version, signer
 * and the digest of all other files:
 *     {"algorithm": "ed25519", "signer": "...", "public": PEM, "signature": base64}
 * A signature that does not fit makes a pack invalid. Whether its key is trusted is the county's business:
 * pack.trust (the security administrator's), and the option policy.signed, which demands it.
 */
#ifndef FQ_POLICY_SIGNATURE_H
#define FQ_POLICY_SIGNATURE_H

#include "base/crypto.h"
#include "policy/pack.h"

struct fq_signature {
  bool present, fits;
  char signer[96], key[FQ_SHA256_HEX]; /* key: what people compare */
};
/* Looks at files' pack.sig. Any thread. */
void fq_signature_read(const struct fq_pack *pack, const fq_json *files, struct fq_signature *out);
/* The text of pack.sig; NULL when the key is none. The caller frees. Any thread. */
char *fq_signature_make(const struct fq_pack *pack, const char *private_pem, const char *signer);

/* Is the key trusted by this county? The name it is known by, or NULL. Kernel or reader thread; the text
 * lives until the next statement. */
bool fq_key_trusted(fq_db *db, const char *key, char name[96]);
/* In a deployment: refuses what the county demands to be signed and is not; `data` of the entry gets who has
 * signed. */
enum fq_status fq_signature_admit(struct fq_call *c, bool demanded, const struct fq_pack *pack,
                                  const fq_json *files, fq_json *data);

#endif
