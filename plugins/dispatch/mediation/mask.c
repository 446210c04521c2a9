/*
 * mask.c - personal data as those see it who need not know: 张*, 138****1234. Any thread.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mediation/mediation.h"

/* Bytes of the UTF-8 character that starts here. */
static size_t width(const char *s) {
  unsigned char b = (unsigned char)*s;
  size_t n = b < 0x80 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
  return strnlen(s, n);
}

void dp_mask_name(char out[16], const char *name) {
  size_t n = name ? width(name) : 0;
  if (n) memcpy(out, name, n);
  strcpy(out + n, "*");
}

void dp_mask_phone(char out[32], const char *phone) {
  size_t n = phone ? strlen(phone) : 0;
  bool plain = true; /* what is no number may not be cut in the middle of a character */
  for (size_t k = 0; k < n; k++)
    plain = plain && !((unsigned char)phone[k] & 0x80);
  if (n < 8 || !plain)
    strcpy(out, "****");
  else
    snprintf(out, 32, "%.3s****%s", phone, phone + n - 4);
}

struct text {
  char *s;
  size_t len;
};
static void add(struct text *t, const char *s, size_t n) {
  t->s = realloc(t->s, t->len + n + 1);
  if (!t->s) abort(); /* as everywhere: exhaustion ends the process (fengqiao.h, FAILURE) */
  memcpy(t->s + t->len, s, n);
  t->s[t->len += n] = '\0';
}

/* The longest name or number that begins here: 张三丰 is not 张* followed by 丰. */
static size_t match(const char *at, const fq_json *parties, char masked[32]) {
  static const char *const members[] = {"name", "phone"};
  size_t best = 0;
  fq_json_each(p, parties) {
    for (int k = 0; k < 2; k++) {
      const char *s = fq_json_str(p, members[k]);
      size_t n = s ? strlen(s) : 0;
      /* One character is no name: masking it would leave no text. */
      if (n <= best || n <= width(s) || strncmp(at, s, n)) continue;
      best = n;
      if (k)
        dp_mask_phone(masked, s);
      else
        dp_mask_name(masked, s);
    }
  }
  return best;
}

#define LONG_NUMBER 11 /* digits: a mobile telephone, an identity card */

char *dp_mask_text(const char *text, const fq_json *parties) {
  struct text t = {0};
  add(&t, "", 0);
  for (const char *p = text; *p;) {
    char masked[32];
    size_t n = match(p, parties, masked), digits = 0;
    if (!n) {
      while (isdigit((unsigned char)p[digits]))
        digits++;
      if (digits >= LONG_NUMBER) {
        char *number = strndup(p, digits);
        if (!number) abort();
        dp_mask_phone(masked, number);
        free(number);
        n = digits;
      }
    }
    if (n) {
      add(&t, masked, strlen(masked));
      p += n;
    } else {
      n = digits ? digits : width(p);
      add(&t, p, n);
      p += n;
    }
  }
  return t.s;
}

fq_json *dp_mask_parties(const fq_json *parties) {
  fq_json *list = fq_json_array();
  fq_json_each(p, parties) {
    char masked[32];
    fq_json *one = fq_json_object();
    dp_mask_name(masked, fq_json_str(p, "name"));
    fq_json_set_str(one, "name", masked);
    if (fq_json_str(p, "phone")) {
      dp_mask_phone(masked, fq_json_str(p, "phone"));
      fq_json_set_str(one, "phone", masked);
    }
    dp_set_opt(one, "role", p, "role");
    fq_json_push(list, one);
  }
  return list;
}
