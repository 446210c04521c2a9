/*
 * Forms: what is asked about a matter, as data. A form is versioned; packs bring forms and a county writes
 * its own over them. Nobody above the kernel is known here: whoever takes values (an incident, a visit)
 * checks them by fq_form_values() and keeps them in an entry's member `form`.
 */
#ifndef FQ_KERNEL_FORM_H
#define FQ_KERNEL_FORM_H

#include "fengqiao.h"

#define FQ_FORM_FIELDS  300  /* the longest collection form there is has about 250 */
#define FQ_FORM_OPTIONS 100  /* of one field */
#define FQ_FORM_RECENT  100  /* filled-in forms that "never filled in" looks back on */
#define FQ_FORM_TICKS   0.8  /* share of fields answered by a tap that a good form has */
#define FQ_FORM_TEXT    2000 /* characters of one answer, unless the field says less */

/* One mistake (`wrong`) or piece of advice about a form, at `path` ("fields[2].when"). */
typedef void (*fq_form_say)(void *arg, bool wrong, const char *code, const char *path, const char *zh,
                            const char *en);
/* Everything there is to say about a form as such. True when nothing is wrong. Any thread. */
bool fq_form_lint(const fq_json *form, fq_form_say say, void *arg);
/* The share of its fields answered by a tap: tick, choice and choices against number, text and date; pictures
 * and places count on neither side. 1 when there is nothing to type. */
double fq_form_tick_ratio(const fq_json *fields);
/* Is the field asked at all, as the others are answered? Fields that it depends on stand before it. */
bool fq_form_asked(const fq_json *fields, const fq_json *field, const fq_json *values);

/* The forms of a pack, for a deployment: one entry for each that is not as this pack had it, one for each
 * that it has no more. `forms`: array of forms that lint finds nothing wrong with. Kernel thread. */
enum fq_status fq_form_bring(struct fq_call *c, const char *pack, const fq_json *forms);
/* Is there nothing in it? */
bool fq_form_blank(const fq_json *value);

/* From apply, of every entry that has filled one in: which fields. */
void fq_form_refer(fq_db *db, const struct fq_entry *e);

#endif
