/*
 * What Lua says when something is wrong, in Chinese. Lua speaks English only; the rules are written by people
 * who may not. Any thread.
 */
#ifndef FQ_POLICY_MESSAGE_H
#define FQ_POLICY_MESSAGE_H

#include <stddef.h>

/* `en` without its "file:line: ". What is not known stays as it is. */
void fq_message_zh(const char *en, char *out, size_t cap);

#endif
