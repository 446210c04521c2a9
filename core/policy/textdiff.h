/*
 * What differs between two texts, line by line: the fewest lines that go and come (Myers), in bounded time.
 * Lines that occur once in either text hold the two together where there is too much between. Any thread.
 */
#ifndef FQ_POLICY_TEXTDIFF_H
#define FQ_POLICY_TEXTDIFF_H

#include "fengqiao.h"

/* Hunks with three lines around each difference: [{from, to, lines: [[sign, text]]}], where from and to are
 * the first line's numbers, and sign is "=", "-" or "+". Empty when the texts are the same. NULL is a text
 * without lines. */
fq_json *fq_textdiff(const char *from, const char *to);

#endif
