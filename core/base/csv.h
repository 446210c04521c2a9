/* CSV as RFC 4180 has it: quoted fields, doubled quotes, CRLF or LF, a UTF-8 mark at the start. Any thread.
 */
#ifndef FQ_BASE_CSV_H
#define FQ_BASE_CSV_H

#include "fengqiao.h"

/* The first row names the columns. Gives an array of objects of strings (empty fields are left out), each
 * with its line number under "#". NULL and an error with path "<path>:<line>" when the text is no such table.
 */
fq_json *fq_csv_parse(const char *path, const char *text, size_t len, struct fq_error *e);

#endif
