/*
 * report.c - a resident's report: what may be reported, a ticket to upload a photo, and the report itself,
 * which begins an incident like any other. Kernel thread; the categories on reader threads.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "public.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS  INT64_C(86400000)
enum { TRIES_EACH = 5 };

/* ---- what may be reported ------------------------------------------------------------------------------ */

/* The option lists the codes residents are shown; "" shows all of the dictionary. */
static bool offered(const struct pub *self, const char *code) {
  if (!self->categories[0]) return true;
  size_t n = strlen(code);
  for (const char *p = self->categories; (p = strstr(p, code)); p += n)
    if ((p == self->categories || p[-1] == ' ') && (p[n] == ' ' || !p[n])) return true;
  return false;
}

/* The form that is asked with a category: its own, else one for any. NULL when there is none. */
static fq_json *form_of(fq_db *db, const char *category) {
  fq_stmt *s = fq_sql(db,
                      "SELECT id, version FROM form WHERE current = 1 AND (category = ?1 OR category IS NULL)"
                      " ORDER BY category IS NULL, id LIMIT 1",
                      "s", category);
  if (!fq_row(s)) return NULL;
  fq_json *form = fq_form_get(db, fq_col_str(s, 0), fq_col_int(s, 1)), *out = fq_json_object();
  fq_done(s);
  static const char *const shown[] = {"id", "version", "zh", "en", "fields"};
  for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
    fq_json_set(out, shown[i], fq_json_detach(form, shown[i]));
  fq_json_free(form);
  return out;
}

enum fq_status pub_categories(struct fq_query *q) {
  const struct pub *self = q->self;
  fq_json *rows = fq_json_array();
  fq_stmt *s = fq_sql(
      q->db, "SELECT code, zh, en FROM dictionary WHERE name = 'categories' ORDER BY position, code", "");
  while (fq_row(s)) {
    if (!offered(self, fq_col_str(s, 0))) continue;
    fq_json *row = fq_json_object();
    fq_json_set_str(row, "code", fq_col_str(s, 0));
    fq_json_set_str(row, "zh", fq_col_str(s, 1));
    fq_json_set_str(row, "en", fq_col_str(s, 2));
    fq_json *form = form_of(q->db, fq_col_str(s, 0));
    if (form) fq_json_set(row, "form", form);
    fq_json_push(rows, row);
  }
  fq_json_set(q->result, "rows", rows);
  s = fq_sql(q->db, "SELECT name FROM org WHERE parent = '' ORDER BY id LIMIT 1", "");
  if (fq_row(s)) {
    fq_json_set_str(q->result, "county", fq_col_str(s, 0));
    fq_done(s);
  }
  if (self->hotline[0]) fq_json_set_str(q->result, "hotline", self->hotline);
  fq_json_set_int(q->result, "photos", PUB_PHOTOS);
  fq_json_set_int(q->result, "photo_bytes", self->photo_max);
  return FQ_OK;
}

/* ---- a ticket for one photo ------------------------------------------------------------------------------
 */

enum fq_status pub_ticket(struct fq_call *c) {
  struct pub *self = c->self;
  const char *sha256 = fq_json_str(c->params, "sha256");
  int64_t size = fq_json_int(c->params, "size", 0), until_ms = c->now_ms + HOUR_MS;
  char address[48], token[48];
  if (strspn(sha256, "0123456789abcdef") != 64)
    return fq_fail(c->error, FQ_E_PARAMS, "blob.name", "params.sha256", "sha256 应为 64 位小写十六进制",
                   "sha256: expected 64 lower-case hexadecimal digits");
  if (size > self->photo_max)
    return fq_fail(c->error, FQ_E_TOO_LARGE, "public.photo_large", "params.size", "一张照片最大 %lld KB",
                   "a picture has at most %lld KB", (long long)(self->photo_max / 1024));
  pub_address(c, address);
  enum fq_status s = pub_often(c, "photo", address, PUB_PHOTOS * self->address_hour, HOUR_MS);
  if (s == FQ_OK) s = pub_photo_bytes(c, size);
  if (s != FQ_OK) return s;
  fq_blob_ticket(self->kernel, sha256, size, until_ms, token);
  fq_json_set_str(c->result, "ticket", token);
  fq_json_set_time(c->result, "until", until_ms);
  return FQ_OK;
}

/* ---- the report ------------------------------------------------------------------------------------------
 */

/* What a resident's report holds besides what goes into the incident. */
struct filing {
  char phone[16], mark[33], code[16], title[200], zh[96], en[96];
  int64_t level;
};

/* 12 of 32 letters and digits that cannot be mistaken for one another: 60 bits, nobody guesses it. */
static void new_code(char out[16]) {
  static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
  unsigned char bytes[12];
  if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes) abort();
  for (int i = 0; i < 12; i++)
    out[i] = letters[bytes[i] % 32];
  out[12] = '\0';
}

/* The first words of what is told; else the category. Never cut within a character. */
static void title_of(const struct fq_call *c, struct filing *f) {
  const char *title = fq_json_str(c->params, "title"), *text = fq_json_str(c->params, "text");
  if (!title || !*title) title = text;
  if (!title || !*title) title = f->zh;
  size_t n = strcspn(title, "\r\n"), most = 90;
  if (n > most) {
    n = most;
    while (n && ((unsigned char)title[n] & 0xc0) == 0x80)
      n--;
  }
  snprintf(f->title, sizeof f->title, "%.*s", (int)n, title);
  if (!f->title[0]) snprintf(f->title, sizeof f->title, "%s", f->zh);
}

/* A category has a level of its own in the dictionary: a fire is none the less one for being told by somebody
 * who does not know of levels. */
static enum fq_status read_category(struct fq_call *c, struct filing *f) {
  const char *code = fq_json_str(c->params, "category");
  bool any = fq_int(c->db, 0, "SELECT 1 FROM dictionary WHERE name = 'categories' LIMIT 1", "");
  bool known = fq_term(c->db, "categories", code, f->zh, f->en);
  if ((any && !known) || !offered(c->self, code))
    return fq_fail(c->error, FQ_E_PARAMS, "public.category", "params.category", "不能上报类别 %s,请重新选择",
                   "category %s cannot be reported: choose another", code);
  f->level = fq_int(c->db, 4,
                    "SELECT CAST(json_extract(attributes, '$.level') AS INTEGER) FROM dictionary"
                    " WHERE name = 'categories' AND code = ?1",
                    "s", code);
  if (f->level < 1 || f->level > 4) f->level = 4;
  return FQ_OK;
}

static enum fq_status read_person(struct fq_call *c, struct filing *f) {
  struct pub *self = c->self;
  const char *phone = fq_json_str(c->params, "phone");
  if (!phone || !*phone) return FQ_OK;
  if (!pub_phone(phone, f->phone))
    return fq_fail(c->error, FQ_E_PARAMS, "public.phone", "params.phone",
                   "电话号码不对,应为 11 位手机号或带区号的固定电话",
                   "not a telephone number: 11 digits of a mobile, or area code and number");
  fq_mark_text(self->kernel, "public.phone", f->phone, f->mark);
  int64_t today = fq_int(c->db, 0, "SELECT count(*) FROM public_report WHERE mark = ?1 AND at_ms > ?2", "si",
                         f->mark, c->now_ms - DAY_MS);
  if (today < self->phone_day) return FQ_OK;
  self->refused++;
  fq_fail(c->error, FQ_E_OVERLOADED, "public.phone_often", "params.phone",
          "这个号码今天已上报 %lld 次,请明天再报或直接拨打电话",
          "this number has reported %lld times today: go on tomorrow, or telephone", (long long)today);
  if (c->error) c->error->retry_after_ms = DAY_MS;
  return FQ_E_OVERLOADED;
}

/* The same person, the same kind of thing, about the same place, not done yet. Its number is not told: who
 * knows a telephone number must not learn from it what was reported. */
static enum fq_status told_before(struct fq_call *c, const struct filing *f) {
  const fq_json *place = fq_json_get(c->params, "place");
  if (!f->mark[0] || fq_json_bool(c->params, "again", false)) return FQ_OK;
  bool before = false;
  fq_stmt *q = fq_sql(c->db,
                      "SELECT lon, lat FROM public_report WHERE mark = ?1 AND at_ms > ?2 AND category = ?3"
                      " AND stage NOT IN ('closed', 'refused', 'returned')",
                      "sis", f->mark, c->now_ms - DAY_MS, fq_json_str(c->params, "category"));
  while (fq_row(q))
    before = before || !place || fq_col_null(q, 0) ||
             fq_distance_m(fq_col_num(q, 0), fq_col_num(q, 1), fq_json_num(place, "lon", 0),
                           fq_json_num(place, "lat", 0)) < 300;
  if (!before) return FQ_OK;
  return fq_fail(
      c->error, FQ_E_CONFLICT, "public.again", "params.again",
      "您今天已上报过同类情况,正在办理,可凭编号查看进度;确是另一件事,请选择仍要上报",
      "you have reported such a matter today and it is being dealt with: follow it by its number, or "
      "say that this is another");
}

static enum fq_status check_photos(struct fq_call *c) {
  int64_t x = 0;
  fq_json_each(m, fq_json_get(c->params, "attachments")) {
    char path[48];
    snprintf(path, sizeof path, "params.attachments[%lld]", (long long)x++);
    if (!fq_int(c->db, 0, "SELECT 1 FROM blob WHERE sha256 = ?1 AND type LIKE 'image/%'", "s",
                fq_json_as_str(m)))
      return fq_fail(c->error, FQ_E_CONFLICT, "public.photo", path, "照片没有收到,请重新上传",
                     "the picture has not been received: upload it again");
  }
  return FQ_OK;
}

static enum fq_status begin(struct fq_call *c, const struct filing *f, fq_json **reported) {
  static const char *const as_given[] = {"text", "place", "address", "attachments", "occurred_at", "form"};
  fq_json *p = fq_json_object();
  fq_json_set_str(p, "category", fq_json_str(c->params, "category"));
  fq_json_set_str(p, "title", f->title);
  fq_json_set_int(p, "level", f->level);
  fq_json_set_str(p, "source", "public");
  for (size_t i = 0; i < sizeof as_given / sizeof *as_given; i++) {
    const fq_json *v = fq_json_get(c->params, as_given[i]);
    if (v) fq_json_set(p, as_given[i], fq_json_dup(v));
  }
  return fq_call_method(c, "incident.report", p, reported);
}

static void seal(struct pub *self, fq_json *data, const char *member, const char *text) {
  if (!text || !*text) return;
  char *sealed = fq_seal_text(self->kernel, text);
  fq_json_set_str(data, member, sealed);
  free(sealed);
}

static enum fq_status file(struct fq_call *c, const struct filing *f, const fq_json *reported) {
  fq_json *data = fq_json_object();
  int64_t number = fq_json_int(reported, "number", 0);
  fq_json_set_int(data, "number", number);
  fq_json_set_str(data, "category", fq_json_str(c->params, "category"));
  fq_json_set_str(data, "title", f->title);
  fq_json_set_str(data, "code", f->code);
  seal(c->self, data, "name", fq_json_str(c->params, "name"));
  seal(c->self, data, "phone", f->phone);
  if (f->mark[0]) fq_json_set_str(data, "mark", f->mark);
  if (fq_json_get(c->params, "place"))
    fq_json_set(data, "place", fq_json_dup(fq_json_get(c->params, "place")));
  fq_json_set_int(c->result, "number", number);
  fq_json_set_str(c->result, "code", f->code);
  return fq_emit(c, (struct fq_draft){.kind = "public.reported",
                                      .subject = fq_json_str(reported, "id"),
                                      .org = fq_json_str(reported, "grid"),
                                      .data = data});
}

enum fq_status pub_report_run(struct fq_call *c) {
  struct pub *self = c->self;
  struct filing f = {0};
  fq_json *reported = NULL;
  char address[48];
  const char *text = fq_json_str(c->params, "text"), *title = fq_json_str(c->params, "title");
  bool said = (text && *text) || (title && *title) || fq_json_get(c->params, "form") ||
              fq_json_size(fq_json_get(c->params, "attachments"));
  if (!said)
    return fq_fail(c->error, FQ_E_PARAMS, "public.empty", "params.text", "请写一句话,或附一张照片",
                   "say it in a sentence, or attach a picture");
  pub_address(c, address);
  /* What is refused counts too, more generously: a refusal must not tell a stranger what somebody reported.
   */
  enum fq_status s = pub_often(c, "try", address, TRIES_EACH * self->address_hour, HOUR_MS);
  if (s == FQ_OK) s = read_category(c, &f);
  if (s == FQ_OK) s = read_person(c, &f);
  if (s == FQ_OK) s = check_photos(c);
  if (s == FQ_OK) s = told_before(c, &f);
  if (s == FQ_OK) s = pub_often(c, "report", address, self->address_hour, HOUR_MS);
  if (s == FQ_OK) s = pub_often(c, "report", "county", self->county_hour, HOUR_MS);
  if (s != FQ_OK) return s;
  title_of(c, &f);
  new_code(f.code);
  if ((s = begin(c, &f, &reported)) != FQ_OK) return s;
  s = file(c, &f, reported);
  fq_json_free(reported);
  return s;
}
