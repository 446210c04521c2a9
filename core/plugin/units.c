/*
 * Durations and sizes as people write them: "25 s", "64 KiB". A number alone has no unit and is refused,
 * so that nobody has to guess whether 30 was seconds or minutes.
 * Knows nothing of options. Any thread.
 */
#include "plugin/options.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct unit {
  const char *name;
  int64_t factor;
};

/* Largest first: formatting takes the first that divides without a remainder. */
static const struct unit durations[] = {
    {"d", 86400000}, {"h", 3600000}, {"min", 60000}, {"s", 1000}, {"ms", 1}};
static const struct unit sizes[] = {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}};

enum { DURATIONS = sizeof durations / sizeof *durations, SIZES = sizeof sizes / sizeof *sizes };

static bool parse(const char *text, const struct unit *units, size_t count, int64_t *out) {
  while (isspace((unsigned char)*text))
    text++;
  /* strtod alone would take "inf", "nan", "0x10" and a sign */
  size_t digits = strspn(text, "0123456789.");
  if (digits == 0 || digits > 18 || !isdigit((unsigned char)*text)) return false;
  char number[20];
  memcpy(number, text, digits);
  number[digits] = 0;
  char *end;
  double v = strtod(number, &end);
  if (*end) return false;
  text += digits;
  while (isspace((unsigned char)*text))
    text++;
  size_t len = strlen(text);
  while (len && isspace((unsigned char)text[len - 1]))
    len--;
  if (len == 0 && v == 0) {
    *out = 0; /* nothing is nothing in every unit */
    return true;
  }
  for (size_t i = 0; i < count; i++) {
    if (strlen(units[i].name) != len || strncmp(units[i].name, text, len) != 0) continue;
    double whole = v * (double)units[i].factor;
    if (whole != floor(whole) || whole > 9007199254740992.0) return false;
    *out = (int64_t)whole;
    return true;
  }
  return false;
}

static void format(int64_t v, const struct unit *units, size_t count, char *out, size_t cap) {
  size_t i = 0;
  while (i + 1 < count && (v == 0 || v % units[i].factor != 0))
    i++;
  snprintf(out, cap, "%" PRId64 " %s", v / units[i].factor, units[i].name);
}

bool fq_duration_parse(const char *text, int64_t *ms) {
  return parse(text, durations, DURATIONS, ms);
}
bool fq_size_parse(const char *text, int64_t *bytes) {
  return parse(text, sizes, SIZES, bytes);
}

void fq_duration_format(int64_t ms, char *out, size_t cap) {
  format(ms, durations, DURATIONS, out, cap);
}
void fq_size_format(int64_t bytes, char *out, size_t cap) {
  format(bytes, sizes, SIZES, out, cap);
}
