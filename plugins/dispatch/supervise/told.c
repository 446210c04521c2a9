/*
 * told.c - entries for people: what a kind is called, who may hear it, and in a sentence of either language
 * what it says. Knows every part's kinds by their tables. Reads only; any thread with a handle of its own.
 */
#include <stdio.h>
#include <string.h>

#include "supervise/supervise.h"

void dp_kind_words(const char *kind, fq_json *into) {
  const struct fq_kind *k = dp_kind(kind);
  if (!k) return;
  fq_json_set_str(into, "zh", k->zh);
  fq_json_set_str(into, "en", k->en);
}

static bool has_word(const char *words, const char *prefix, const char *name) {
  char word[FQ_ID_MAX + 8];
  size_t len = (size_t)snprintf(word, sizeof word, "%s%s", prefix, name);
  for (const char *w = words; *w;) {
    size_t n = strcspn(w, " ");
    if (n == len && !strncmp(w, word, n)) return true;
    w += n + (w[n] == ' ');
  }
  return false;
}

bool dp_may_hear(fq_db *db, const struct fq_actor *a, const char *kind, const char *org,
                 const char *audience) {
  const struct fq_kind *k = dp_kind(kind);
  if (a->system || has_word(audience, "user/", a->name)) return true;
  if ((a->roles & (FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT)) && a->org && has_word(audience, "unit/", a->org))
    return true;
  return k && (a->roles & k->roles) && fq_org_within(db, org, a->org);
}

/* ---- sentences ---------------------------------------------------------------------------------------- */

static void join(char *to, size_t cap, const char *between, const char *item) {
  size_t used = strlen(to);
  if (item && *item && used + 8 < cap) snprintf(to + used, cap - used, "%s%s", used ? between : "", item);
}

static void say(struct dp_said *s, const char *zh, const char *en) {
  join(s->zh, sizeof s->zh, " · ", zh);
  join(s->en, sizeof s->en, " · ", en);
}

/* What somebody typed is the same in both. */
static void quote(struct dp_said *s, const fq_json *d, const char *member) {
  const char *text = fq_json_str(d, member);
  say(s, text, text);
}

static void say_term(fq_db *db, struct dp_said *s, const char *dictionary, const char *code) {
  char zh[96], en[96];
  if (!code || !*code) return;
  fq_term(db, dictionary, code, zh, en);
  say(s, zh, en);
}

static void say_duration(struct dp_said *s, const char *zh, const char *en, int64_t ms) {
  char text_zh[64], text_en[64];
  int64_t m = ms / 60000, h = m / 60;
  if (ms < 60000) {
    snprintf(text_zh, sizeof text_zh, "%s%lld 秒", zh, (long long)(ms / 1000));
    snprintf(text_en, sizeof text_en, "%s%lld s", en, (long long)(ms / 1000));
  } else if (h && m % 60) {
    snprintf(text_zh, sizeof text_zh, "%s%lld 小时 %lld 分", zh, (long long)h, (long long)(m % 60));
    snprintf(text_en, sizeof text_en, "%s%lld h %lld min", en, (long long)h, (long long)(m % 60));
  } else if (h) {
    snprintf(text_zh, sizeof text_zh, "%s%lld 小时", zh, (long long)h);
    snprintf(text_en, sizeof text_en, "%s%lld h", en, (long long)h);
  } else {
    snprintf(text_zh, sizeof text_zh, "%s%lld 分钟", zh, (long long)m);
    snprintf(text_en, sizeof text_en, "%s%lld min", en, (long long)m);
  }
  say(s, text_zh, text_en);
}

static const struct {
  const char *name, *zh, *en;
} cards[] = {{"yellow", "黄牌", "yellow card"}, {"red", "红牌", "red card"}, {"black", "黑牌", "black card"}};

static void say_card(struct dp_said *s, const fq_json *d) {
  const char *card = fq_json_str(d, "card");
  for (size_t k = 0; card && k < sizeof cards / sizeof *cards; k++)
    if (!strcmp(card, cards[k].name)) say(s, cards[k].zh, cards[k].en);
}

/* Which clock stands beside the sentence: what it is called is the reader's language's matter. */
static void say_clock(struct dp_said *s, const char *kind, const fq_json *d) {
  int64_t late_ms = fq_json_int(d, "late_ms", 0);
  if (!strcmp(kind, "clock.started")) say_duration(s, "时限 ", "limit ", fq_json_int(d, "limit_ms", 0));
  if (fq_json_get(d, "heightened")) say(s, "应急,时限缩短", "cut short by an emergency");
  if (late_ms > 1000) say_duration(s, "提醒迟到 ", "told late by ", late_ms);
}

/* Whose task, unless it is he who did it. */
static void say_task(fq_db *db, struct dp_said *s, const fq_json *d, const char *by) {
  fq_stmt *q = fq_sql(db, "SELECT name FROM task WHERE n = ?1", "i", dp_id_n(fq_json_str(d, "task"), 't'));
  if (!fq_row(q)) return;
  const char *name = fq_col_str(q, 0);
  if (strcmp(name, by)) say(s, name, name);
  fq_done(q);
}

static void say_owner(struct dp_said *s, const fq_json *d) {
  const fq_json *owner = fq_json_get(d, "owner");
  const char *name = fq_json_str(owner, "name");
  char zh[128], en[128];
  if (!name) return;
  snprintf(zh, sizeof zh, "由%s负责", name);
  snprintf(en, sizeof en, "owned by %s", name);
  say(s, zh, en);
}

void dp_said_of(fq_db *db, const char *kind, const fq_json *d, const char *by, struct dp_said *out) {
  static const char *const typed[] = {"text", "note", "reason", "answer"};
  static const char *const ways[][3] = {{"phone", "电话", "by phone"}, {"visit", "上门", "by a visit"}};
  out->zh[0] = out->en[0] = '\0';
  if (!strncmp(kind, "clock.", 6)) say_clock(out, kind, d);
  if (!strncmp(kind, "task.", 5)) say_task(db, out, d, by);
  if (!strcmp(kind, "incident.reported")) quote(out, d, "title");
  if (!strcmp(kind, "incident.closed")) say_term(db, out, "closing", fq_json_str(d, "class"));
  if (!strcmp(kind, "incident.escalated") || !strcmp(kind, "incident.reported")) say_owner(out, d);
  if (!strcmp(kind, "incident.supervised") || !strncmp(kind, "supervise.", 10)) say_card(out, d);
  if (!strcmp(kind, "incident.verified"))
    fq_json_bool(d, "pass", false) ? say(out, "通过", "passed") : say(out, "不通过", "failed");
  if (!strcmp(kind, "incident.rated")) {
    char zh[32], en[32];
    snprintf(zh, sizeof zh, "%lld 分", (long long)fq_json_int(d, "score", 0));
    snprintf(en, sizeof en, "score %lld", (long long)fq_json_int(d, "score", 0));
    say(out, zh, en);
  }
  if (!strcmp(kind, "incident.followed_up")) {
    fq_json_bool(d, "satisfied", true) ? say(out, "满意", "satisfied") : say(out, "不满意", "not satisfied");
    for (size_t k = 0; k < 2; k++)
      if (fq_json_str(d, "by") && !strcmp(fq_json_str(d, "by"), ways[k][0])) say(out, ways[k][1], ways[k][2]);
  }
  for (size_t k = 0; k < sizeof typed / sizeof *typed; k++)
    quote(out, d, typed[k]);
  int64_t files = (int64_t)fq_json_size(fq_json_get(d, "attachments"));
  if (files) {
    char zh[32], en[32];
    snprintf(zh, sizeof zh, "附件 %lld 个", (long long)files);
    snprintf(en, sizeof en, "%lld attachment(s)", (long long)files);
    say(out, zh, en);
  }
}
