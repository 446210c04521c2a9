/*
 * The county of dispatch_world.h with what is journalled about conferences beside it, and people who have
 * pages open. Faces do not travel here: what media/ would tell is said by hand.
 */
#ifndef CONFERENCE_WORLD_H
#define CONFERENCE_WORLD_H

#include "dispatch_world.h"

void conference_also(const struct fq_plugin *part); /* another of the plugin's parts; before it is opened */
int conference_open(void **state);
int conference_close(void **state);
void conference_restart(void); /* all pages are gone */

/* As this user, from his page, which is opened when he has none. say() must succeed; denied() must not. */
const fq_json *say(const char *who, const char *method, const char *params, ...);
void denied(const char *who, const char *method, enum fq_status status, const char *code, const char *params,
            ...);
const char *page(const char *who);                           /* its session */
void another_page(const char *who);                          /* he speaks from this one from now on */
void close_page(const char *who);                            /* the line is cut */
const char *begin(const char *who, const char *params, ...); /* conf.create; the id, until the next */
const fq_json *conf(const char *id);                         /* as the dispatcher sees it */
const fq_json *member(const char *id, const char *user);     /* NULL: no such member */
void seat_is(const char *id, const char *user, const char *state);
void conf_is(const char *id, const char *state);
bool heard(const char *kind, const char *user); /* is the latest entry of this kind for him by name? */
void media(const char *id, const char *user, const char *state);

#endif
