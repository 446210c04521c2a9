/*
 * STUN and TURN: what a page is told of servers that help it reach the others. Kernel thread.
 */
#ifndef FQ_CONFERENCE_TURN_H
#define FQ_CONFERENCE_TURN_H

#include "conference.h"

/* Pushes {urls, username?, credential?} for each server that is configured. The credentials are this user's,
 * for this conference ("" for a camera outside one), for half a day from now. */
void cf_ice_servers(struct cf_self *s, const char *conf, const char *user, int64_t now_ms, fq_json *into);
/* What of the configuration is left out because a browser would refuse it, or NULL: for the log. */
const char *cf_turn_problem(const struct cf_self *s);

#endif
