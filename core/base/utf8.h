/* UTF-8: validity and length in characters. Any thread. */
#ifndef FQ_BASE_UTF8_H
#define FQ_BASE_UTF8_H

#include <stddef.h>

/* Bytes of the valid character at p (end exclusive), 0 when there is none: overlong forms, surrogates and
 * values above U+10FFFF are refused. */
size_t fq_utf8_step(const unsigned char *p, const unsigned char *end);
size_t fq_utf8_length(const char *s);
/* Makes text of any bytes, in place: what is no character becomes "?", what is no print a blank. */
void fq_utf8_clean(char *s);

#endif
