/*
 * why.c - in words, why an incident went otherwise under other rules: which clock, whom, which rule.
 */
#include <stdio.h>
#include <string.h>

#include "projection/projection.h"

void pj_span(int64_t ms, char zh[48], char en[48]) {
  int64_t s = (ms + 500) / 1000, d = s / 86400, h = s / 3600 % 24, m = s / 60 % 60;
  if (d) {
    snprintf(zh, 48, "%lld 天 %lld 小时", (long long)d, (long long)h);
    snprintf(en, 48, "%lld d %lld h", (long long)d, (long long)h);
  } else if (h) {
    snprintf(zh, 48, "%lld 小时 %lld 分", (long long)h, (long long)m);
    snprintf(en, 48, "%lld h %lld min", (long long)h, (long long)m);
  } else if (m) {
    snprintf(zh, 48, s % 60 ? "%lld 分 %lld 秒" : "%lld 分", (long long)m, (long long)(s % 60));
    snprintf(en, 48, s % 60 ? "%lld min %lld s" : "%lld min", (long long)m, (long long)(s % 60));
  } else {
    snprintf(zh, 48, "%lld 秒", (long long)s);
    snprintf(en, 48, "%lld s", (long long)s);
  }
}

struct words {
  char *zh, *en;
};

/* Whole parts only: what has no room is left out. */
static void add(struct words *w, const char *zh, const char *en) {
  size_t zh_used = strlen(w->zh), en_used = strlen(w->en);
  if (zh_used + strlen(zh) + 4 >= 512 || en_used + strlen(en) + 3 >= 512) return;
  snprintf(w->zh + zh_used, 512 - zh_used, "%s%s", zh_used ? ";" : "", zh);
  snprintf(w->en + en_used, 512 - en_used, "%s%s", en_used ? "; " : "", en);
}

static const fq_json *same_clock(const fq_json *of, const fq_json *k) {
  fq_json_each(other, fq_json_get(of, "clocks")) {
    if (!strcmp(fq_json_str(other, "policy"), fq_json_str(k, "policy")) &&
        !strcmp(fq_json_str(other, "clock"), fq_json_str(k, "clock")))
      return other;
  }
  return NULL;
}

static void one_side(const fq_json *k, char zh[200], char en[200]) {
  char limit_zh[48], limit_en[48], took_zh[48] = "", took_en[48] = "";
  if (!k) {
    snprintf(zh, 200, "没有这个时钟");
    snprintf(en, 200, "no such clock");
    return;
  }
  bool breached = fq_json_bool(k, "breached", false);
  int64_t took_ms = fq_json_int(k, "took_ms", -1);
  pj_span(fq_json_int(k, "limit_ms", 0), limit_zh, limit_en);
  if (took_ms >= 0) pj_span(took_ms, took_zh, took_en);
  snprintf(zh, 200, "限 %s,%s%s%s", limit_zh,
           breached      ? "超期"
           : took_ms < 0 ? "未到期"
                         : "按时",
           took_ms < 0 ? "" : ",用时 ", took_zh);
  snprintf(en, 200, "limit %s, %s%s%s", limit_en,
           breached      ? "breached"
           : took_ms < 0 ? "not due yet"
                         : "met",
           took_ms < 0 ? "" : " after ", took_en);
}

static void clock_differs(struct words *w, const fq_json *was, const fq_json *now) {
  char zh[512], en[512], was_zh[200], was_en[200], now_zh[200], now_en[200];
  const fq_json *any = was ? was : now;
  const char *title = fq_json_str(any, "title"), *name = fq_json_str(any, "clock");
  if (fq_json_bool(was, "breached", false) == fq_json_bool(now, "breached", false)) return;
  one_side(was, was_zh, was_en);
  one_side(now, now_zh, now_en);
  snprintf(zh, sizeof zh, "规则 %s 的时限“%s”:原%s;现%s", fq_json_str(any, "policy"), title ? title : name,
           was_zh, now_zh);
  snprintf(en, sizeof en, "limit %s of rule %s: was %s; now %s", name, fq_json_str(any, "policy"), was_en,
           now_en);
  add(w, zh, en);
}

static void names(const fq_json *list, char *out, size_t cap, const char *between, const char *none) {
  out[0] = '\0';
  fq_json_each(n, list) {
    size_t used = strlen(out);
    if (used + strlen(fq_json_as_str(n)) + 8 < cap)
      snprintf(out + used, cap - used, "%s%s", used ? between : "", fq_json_as_str(n));
  }
  if (!out[0]) dp_text(out, cap, none);
}

static bool same(const fq_json *a, const fq_json *b) {
  const fq_json *x = fq_json_first(a), *y = fq_json_first(b);
  for (; x && y; x = fq_json_next(x), y = fq_json_next(y))
    if (strcmp(fq_json_as_str(x), fq_json_as_str(y))) return false;
  return !x && !y;
}

/* "rule\treason" of the last report up or card by a rule, as "(rule: reason)". */
static void last_rule(const fq_json *lines, char out[160]) {
  const char *last = NULL;
  fq_json_each(u, lines) last = fq_json_as_str(u);
  const char *tab = last ? strchr(last, '\t') : NULL;
  out[0] = '\0';
  if (!tab || tab == last) return;
  char line[700];
  snprintf(line, sizeof line, " (%.*s%s%s)", (int)(tab - last), last, tab[1] ? ": " : "", tab + 1);
  dp_text(out, 160, line);
}

static void count_differs(struct words *w, const fq_json *was, const fq_json *now, const char *member,
                          const char *rules, const char *zh_what, const char *en_what) {
  char zh[512], en[512], rule[160];
  int64_t a = fq_json_int(was, member, 0), b = fq_json_int(now, member, 0);
  if (a == b) return;
  last_rule(fq_json_get(a > b ? was : now, rules), rule);
  snprintf(zh, sizeof zh, "%s原 %lld 次、现 %lld 次%s", zh_what, (long long)a, (long long)b, rule);
  snprintf(en, sizeof en, "%s %lld times, now %lld%s", en_what, (long long)a, (long long)b, rule);
  add(w, zh, en);
}

static void span_differs(struct words *w, const fq_json *was, const fq_json *now, const char *member,
                         const char *zh_what, const char *en_what) {
  char zh[512], en[512], a_zh[48] = "没有", a_en[48] = "not", b_zh[48] = "没有", b_en[48] = "not";
  int64_t a = fq_json_int(was, member, -1), b = fq_json_int(now, member, -1);
  if (a == b) return;
  if (a >= 0) pj_span(a, a_zh, a_en);
  if (b >= 0) pj_span(b, b_zh, b_en);
  snprintf(zh, sizeof zh, "上报到%s:原 %s,现 %s", zh_what, a_zh, b_zh);
  snprintf(en, sizeof en, "%s after: was %s, now %s", en_what, a_en, b_en);
  add(w, zh, en);
}

void pj_why(const fq_json *was, const fq_json *now, char zh[512], char en[512]) {
  struct words w = {zh, en};
  zh[0] = en[0] = '\0';
  if (!was || !now) {
    add(&w, was ? "候选规则下没有这一件" : "只在候选规则下有这一件",
        was ? "not there under the candidate" : "only there under the candidate");
    return;
  }
  fq_json_each(k, fq_json_get(was, "clocks")) clock_differs(&w, k, same_clock(now, k));
  fq_json_each(k, fq_json_get(now, "clocks")) if (!same_clock(was, k)) clock_differs(&w, NULL, k);
  const fq_json *sent_was = fq_json_get(was, "sent"), *sent_now = fq_json_get(now, "sent");
  if (!same(sent_was, sent_now)) {
    char a[200], b[200], text_zh[512], text_en[512];
    names(sent_was, a, sizeof a, "、", "无人"), names(sent_now, b, sizeof b, "、", "无人");
    snprintf(text_zh, sizeof text_zh, "原派 %s,现派 %s", a, b);
    names(sent_was, a, sizeof a, ", ", "nobody"), names(sent_now, b, sizeof b, ", ", "nobody");
    snprintf(text_en, sizeof text_en, "sent %s, now %s", a, b);
    add(&w, text_zh, text_en);
  }
  const char *owner_was = fq_json_str(was, "owner_name"), *owner_now = fq_json_str(now, "owner_name");
  if (strcmp(fq_json_str(was, "owner"), fq_json_str(now, "owner"))) {
    char text_zh[512], text_en[512];
    if (!owner_was) owner_was = fq_json_str(was, "owner");
    if (!owner_now) owner_now = fq_json_str(now, "owner");
    snprintf(text_zh, sizeof text_zh, "最后归 %s,现归 %s", owner_was, owner_now);
    snprintf(text_en, sizeof text_en, "ended with %s, now with %s", owner_was, owner_now);
    add(&w, text_zh, text_en);
  }
  count_differs(&w, was, now, "escalated", "raised", "上报上级", "reported up");
  count_differs(&w, was, now, "cards", "carded", "督办", "supervised");
  if (!zh[0]) {
    span_differs(&w, was, now, "dispatched_ms", "派单", "sent");
    span_differs(&w, was, now, "handled_ms", "处置完毕", "handled");
    span_differs(&w, was, now, "closed_ms", "结案", "closed");
  }
}
