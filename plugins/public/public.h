/*
 * public.h - what the files of this plugin share. Residents report without an account, follow what became of
 * it and rate it. Who they are is sealed in the journal (fq_seal_text), masked for the desk and opened only
 * with a reason that is written down.
 */
#ifndef FQ_PLUGIN_PUBLIC_H
#define FQ_PLUGIN_PUBLIC_H

#include "fengqiao.h"

enum { PUB_WATCHES = 4096, PUB_PHOTOS = 6 };

/* How often something happened under a key, and until when it is refused. In memory, like failed sign-ins: a
 * restart forgives. */
struct pub_watch {
  char key[56];
  int count;
  int64_t since_ms, until_ms;
};

struct pub {
  fq_kernel *kernel;
  char categories[512], hotline[64];
  int64_t address_hour, county_hour, phone_day, photo_max, photo_day, tries, lock_ms;
  struct pub_watch watches[PUB_WATCHES];
  int64_t photo_since_ms, photo_bytes;
  int64_t refused; /* by a limit, since the server began: a metric */
};

/* One report as its row has it. `follows` is the incident whose state it shows: its own, or that which it was
 * merged into. */
struct pub_report {
  int64_t number, at_ms, closed_ms, rated_ms, score, revealed;
  char incident[FQ_ID_MAX], follows[FQ_ID_MAX], org[FQ_ID_MAX], category[FQ_ID_MAX], stage[16], code[16];
  char title[256];
};

/* limits.c: kernel thread. Each fills the error and counts the refusal. */
enum fq_status pub_often(struct fq_call *c, const char *what, const char *key, int64_t most, int64_t span_ms);
enum fq_status pub_locked(struct fq_call *c, const char *what, const char *key);
void pub_wrong(struct fq_call *c, const char *what, const char *key, int64_t tries);
void pub_right(struct fq_call *c, const char *what, const char *key);
void pub_address(const struct fq_call *c, char out[48]); /* "" from within the house */
enum fq_status pub_photo_bytes(struct fq_call *c, int64_t bytes);

/* person.c: names and numbers; any thread. */
bool pub_phone(const char *given, char out[16]); /* digits alone; false when it is no telephone number */
void pub_tail(const char *phone, char out[5]);
void pub_mask_name(const char *name, char out[16]);
void pub_mask_phone(const char *phone, char out[16]);
/* Opens the sealed columns of a report; either may come out NULL. The caller frees both. */
void pub_person(struct pub *self, fq_db *db, int64_t number, char **name, char **phone);

/* store.c */
bool pub_find_incident(fq_db *db, const char *incident, struct pub_report *r);
bool pub_find_number(fq_db *db, int64_t number, struct pub_report *r);
bool pub_find_code(fq_db *db, const char *code, struct pub_report *r);
enum fq_status pub_apply_reported(struct fq_apply *a, const struct fq_entry *e);
enum fq_status pub_apply_replied(struct fq_apply *a, const struct fq_entry *e);
enum fq_status pub_apply_rated(struct fq_apply *a, const struct fq_entry *e);
enum fq_status pub_apply_revealed(struct fq_apply *a, const struct fq_entry *e);
enum fq_status pub_apply_moved(struct fq_apply *a, const struct fq_entry *e);
enum fq_status pub_apply_merged(struct fq_apply *a, const struct fq_entry *e);
enum fq_status pub_apply_split(struct fq_apply *a, const struct fq_entry *e);
extern const char *const pub_migrations[];

/* words.c: a stage as a resident reads it. */
void pub_stage_words(const char *stage, const char **zh, const char **en);

/* report.c, follow.c, desk.c */
enum fq_status pub_categories(struct fq_query *q);
enum fq_status pub_ticket(struct fq_call *c);
enum fq_status pub_report_run(struct fq_call *c);
enum fq_status pub_follow(struct fq_call *c);
enum fq_status pub_rate(struct fq_call *c);
enum fq_status pub_get(struct fq_query *q);
enum fq_status pub_target(struct fq_call *c, struct fq_target *t);
enum fq_status pub_reply(struct fq_call *c);
enum fq_status pub_reveal(struct fq_call *c);

#endif
