/*
 * JSON beyond what fengqiao.h offers: what only the core needs. The library behind it (cJSON) is seen by
 * json.c, json_pool.c and json_print.c alone; it was chosen for parse speed (perf.md), and its leniency is closed by
 * json_check.c.
 */
#ifndef FQ_BASE_JSON_H
#define FQ_BASE_JSON_H

#include "fengqiao.h"

#define FQ_JSON_DEPTH 32

/* Is the text strict RFC 8259 JSON, UTF-8, no U+0000, no deeper than FQ_JSON_DEPTH? Returns NULL or what is
 * wrong, with the byte offset in *at. */
const char *fq_json_check(const char *text, size_t len, size_t *at, const char **zh);
bool fq_json_strict(const char *text, size_t len, struct fq_error *e); /* the same, in words */

/* Values that are only looked at, alive until the pool is reset. The text is one that this server has written
 * (it has passed fq_json_parse or been printed): members that appear twice are not looked for. It ends in a
 * NUL. */
struct fq_json_pool;
struct fq_json_pool *fq_json_pool_new(void);
const fq_json *fq_json_parse_into(struct fq_json_pool *p, const char *text, size_t len, struct fq_error *e);
char *fq_json_pool_text(struct fq_json_pool *p, const char *s); /* a copy that lives as long */
void fq_json_pool_reset(struct fq_json_pool *p);
void fq_json_pool_free(struct fq_json_pool *p);

bool fq_json_equal(const fq_json *a, const fq_json *b);
bool fq_json_identical(const fq_json *a, const fq_json *b); /* prints the same: members in the same order */
void fq_json_remove(fq_json *object, const char *name);
fq_json *fq_json_edit(fq_json *object, const char *name); /* the member, to change it in place */
bool fq_json_is_int(const fq_json *v);                    /* a whole number within +-2^53 */
int64_t fq_json_as_int(const fq_json *v, int64_t fallback);
bool fq_json_as_bool(const fq_json *v);
/* Makes every number what its printed text reads as: the library prints 15 digits where they are near enough,
 * and what is read back then differs in the last bit from what was there. */
void fq_json_settle(fq_json *v);

#endif
