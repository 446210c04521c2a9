/* RFC 3339 and milliseconds. Any thread. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Days since 1970-01-01 of a proleptic Gregorian date: era arithmetic, exact for any year. */
static int64_t days_from_civil(int64_t y, int m, int d) {
  y -= m <= 2;
  int64_t era = (y >= 0 ? y : y - 399) / 400;
  int64_t yoe = y - era * 400, doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static bool digits(const char **p, int count, int *out) {
  int v = 0;
  for (int i = 0; i < count; i++, (*p)++) {
    if (!isdigit((unsigned char)**p)) return false;
    v = v * 10 + (**p - '0');
  }
  *out = v;
  return true;
}

static bool one(const char **p, const char *any) {
  if (!**p || !strchr(any, **p)) return false;
  (*p)++;
  return true;
}

int64_t fq_time_parse(const char *p) {
  static const int month_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int y, mo, d, h, mi, s, ms = 0, offset = 0;
  if (!p) return -1;
  if (!digits(&p, 4, &y) || !one(&p, "-") || !digits(&p, 2, &mo) || !one(&p, "-") || !digits(&p, 2, &d))
    return -1;
  if (!one(&p, "Tt ") || !digits(&p, 2, &h) || !one(&p, ":") || !digits(&p, 2, &mi) || !one(&p, ":") ||
      !digits(&p, 2, &s))
    return -1;
  if (y < 1970 || mo < 1 || mo > 12 || d < 1 || d > month_days[mo - 1] || h > 23 || mi > 59 || s > 60)
    return -1;
  if (mo == 2 && d == 29 && (y % 4 || (y % 100 == 0 && y % 400))) return -1;
  if (one(&p, ".")) {
    int scale = 100, any = 0;
    for (; isdigit((unsigned char)*p); p++, scale /= 10, any = 1)
      ms += (*p - '0') * scale;
    if (!any) return -1;
  }
  if (!one(&p, "Zz")) {
    int sign = *p == '-' ? -1 : 1, oh, om;
    if (!one(&p, "+-") || !digits(&p, 2, &oh) || !one(&p, ":") || !digits(&p, 2, &om) || oh > 23 || om > 59)
      return -1;
    offset = sign * (oh * 60 + om);
  }
  if (*p) return -1;
  int64_t t = ((days_from_civil(y, mo, d) * 24 + h) * 60 + mi - offset) * 60 + s;
  return t < 0 ? -1 : t * 1000 + ms;
}

/* So many digits, then the mark. */
static char *number(char *out, int v, int count, char mark) {
  for (int i = count; i-- > 0; v /= 10)
    out[i] = (char)('0' + v % 10);
  out[count] = mark;
  return out + count + 1;
}

void fq_time_format(int64_t ms, char out[32]) {
  if (ms < 0) ms = 0;
  if (ms > 253402300799999) ms = 253402300799999; /* 9999-12-31: the format has four digits for a year */
  int64_t days = ms / 86400000, rest = ms % 86400000;
  int64_t z = days + 719468, era = z / 146097, doe = z - era * 146097;
  int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365,
          doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  int mp = (int)((5 * doy + 2) / 153), d = (int)(doy - (153 * mp + 2) / 5 + 1), m = mp + (mp < 10 ? 3 : -9);
  int y = (int)(yoe + era * 400) + (m <= 2);
  /* A report writes some forty of them: a twentieth of its time, when printf did it. */
  char *p = out;
  p = number(p, y, 4, '-');
  p = number(p, m, 2, '-');
  p = number(p, d, 2, 'T');
  p = number(p, (int)(rest / 3600000), 2, ':');
  p = number(p, (int)(rest / 60000 % 60), 2, ':');
  p = number(p, (int)(rest / 1000 % 60), 2, '.');
  p = number(p, (int)(rest % 1000), 3, 'Z');
  *p = '\0';
}
