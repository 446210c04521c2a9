/*
 * person.c - names and telephone numbers: what is a number, and how both look to those who need not know.
 * Any thread.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "public.h"

/* 138 1234 5678, +86-138..., 0739-7221234: digits alone are kept, without the country's code. */
bool pub_phone(const char *given, char out[16]) {
  char digits[24];
  size_t n = 0;
  for (const char *p = given; *p; p++) {
    if (isdigit((unsigned char)*p)) {
      if (n + 1 >= sizeof digits) return false;
      digits[n++] = *p;
    } else if (!strchr(" -()+", *p)) {
      return false;
    }
  }
  digits[n] = '\0';
  const char *local = digits;
  if (n > 11 && !strncmp(local, "0086", 4))
    local += 4;
  else if (n > 11 && !strncmp(local, "86", 2))
    local += 2;
  n = strlen(local);
  bool mobile = n == 11 && local[0] == '1' && local[1] >= '3';
  bool fixed = n >= 7 && n <= 12 && local[0] != '1';
  if (!mobile && !fixed) return false;
  memcpy(out, local, n + 1);
  return true;
}

void pub_tail(const char *phone, char out[5]) {
  snprintf(out, 5, "%s", phone + strlen(phone) - 4);
}

void pub_mask_name(const char *name, char out[16]) {
  unsigned char b = (unsigned char)*name;
  size_t n = strnlen(name, b < 0x80 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4);
  memcpy(out, name, n);
  strcpy(out + n, "*");
}

void pub_mask_phone(const char *phone, char out[16]) {
  size_t n = strlen(phone);
  snprintf(out, 16, "%.*s****%s", n > 8 ? 3 : 0, phone, phone + (n > 4 ? n - 4 : 0));
}

void pub_person(struct pub *self, fq_db *db, int64_t number, char **name, char **phone) {
  *name = *phone = NULL;
  fq_stmt *q = fq_sql(db, "SELECT name, phone FROM public_report WHERE number = ?1", "i", number);
  if (!fq_row(q)) return;
  *name = fq_open_sealed(self->kernel, fq_col_str(q, 0));
  *phone = fq_open_sealed(self->kernel, fq_col_str(q, 1));
  fq_done(q);
}
