/* The hours of a week as a set, and in words: "周一至周五 18:00–次日 8:00". See prove.h. */
#include "base/mem.h"
#include "workshop/prove.h"

#define SPANS_TOLD 4

static const char *const days_zh[] = {"周一", "周二", "周三", "周四", "周五", "周六", "周日"};
static const char *const days_en[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

bool hours_has(const struct hours *h, int hour) {
  return h->w[hour / 64] >> (hour % 64) & 1;
}
void hours_add(struct hours *h, int hour) {
  h->w[hour / 64] |= UINT64_C(1) << (hour % 64);
}
int hours_count(const struct hours *h) {
  int n = 0;
  for (int i = 0; i < 3; i++)
    n += __builtin_popcountll(h->w[i]);
  return n;
}
bool hours_full(const struct hours *h) {
  return hours_count(h) == HOURS;
}

fq_json *hours_spans(const struct hours *h) {
  fq_json *out = fq_json_array();
  for (int i = 0; i < HOURS; i++) {
    if (!hours_has(h, i)) continue;
    int to = i;
    while (to < HOURS && hours_has(h, to))
      to++;
    fq_json *span = fq_json_array();
    fq_json_push(span, fq_json_new_int(i));
    fq_json_push(span, fq_json_new_int(to));
    fq_json_push(out, span);
    i = to;
  }
  return out;
}

/* Spans around the week's end are one; those that begin at one time of day and are as long are told once. */
struct span {
  int hour, length; /* of the day; in hours */
  unsigned days;
};

static size_t collect(const struct hours *h, struct span *out) {
  size_t n = 0;
  for (int i = 0; i < HOURS; i++) {
    if (!hours_has(h, i) || hours_has(h, (i + HOURS - 1) % HOURS)) continue;
    int length = 0;
    while (hours_has(h, (i + length) % HOURS))
      length++;
    size_t k = 0;
    while (k < n && (out[k].hour != i % 24 || out[k].length != length))
      k++;
    if (k == n) out[n++] = (struct span){i % 24, length, 0};
    out[k].days |= 1u << (i / 24);
  }
  return n;
}

static void day_words(unsigned days, struct fq_buf *zh, struct fq_buf *en) {
  if (days == 127) {
    fq_buf_str(zh, "每天");
    fq_buf_str(en, "every day");
    return;
  }
  bool first = true;
  for (int d = 0; d < 7; d++) {
    if (!(days >> d & 1)) continue;
    int to = d;
    while (to < 6 && days >> (to + 1) & 1)
      to++;
    fq_buf_fmt(zh, "%s%s", first ? "" : "、", days_zh[d]);
    fq_buf_fmt(en, "%s%s", first ? "" : ", ", days_en[d]);
    if (to > d) {
      fq_buf_fmt(zh, "%s%s", to > d + 1 ? "至" : "、", days_zh[to]);
      fq_buf_fmt(en, "%s%s", to > d + 1 ? "-" : ", ", days_en[to]);
    }
    first = false;
    d = to;
  }
}

static void span_words(const struct span *s, struct fq_buf *zh, struct fq_buf *en) {
  int end = s->hour + s->length;
  day_words(s->days, zh, en);
  if (s->hour == 0 && s->length == 24) return;
  fq_buf_fmt(zh, " %d:00–", s->hour);
  fq_buf_fmt(en, " %d:00-", s->hour);
  if (end <= 24) {
    fq_buf_fmt(zh, "%d:00", end);
    fq_buf_fmt(en, "%d:00", end);
  } else if (end <= 48) {
    fq_buf_fmt(zh, "次日 %d:00", end - 24);
    fq_buf_fmt(en, "%d:00 the next day", end - 24);
  } else {
    int day = __builtin_ctz(s->days);
    fq_buf_fmt(zh, "%s %d:00", days_zh[(day + end / 24) % 7], end % 24);
    fq_buf_fmt(en, "%s %d:00", days_en[(day + end / 24) % 7], end % 24);
  }
}

void hours_words(const struct hours *h, struct fq_buf *zh, struct fq_buf *en) {
  struct span spans[HOURS];
  if (hours_full(h)) {
    fq_buf_str(zh, "全周");
    fq_buf_str(en, "all week");
    return;
  }
  size_t n = collect(h, spans);
  for (size_t i = 0; i < n && i < SPANS_TOLD; i++) {
    if (i) fq_buf_str(zh, ";"), fq_buf_str(en, "; ");
    span_words(&spans[i], zh, en);
  }
  if (n <= SPANS_TOLD) return;
  fq_buf_fmt(zh, "等,共 %d 小时", hours_count(h));
  fq_buf_fmt(en, " and so on, %d hours in all", hours_count(h));
}
