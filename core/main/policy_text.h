/* What is said about policies on a terminal: mistakes with their lines, decisions with their reasons. */
#ifndef FQ_MAIN_POLICY_TEXT_H
#define FQ_MAIN_POLICY_TEXT_H

#include <stdio.h>

#include "main/local.h"

/* The findings of pack.check, each with the line it is about. */
void fq_print_findings(FILE *out, const fq_json *findings);
/* The rows of policy.why, each with the lines that ran; their texts are asked of `l`. */
void fq_print_why(FILE *out, struct local *l, const fq_json *rows);

#endif
