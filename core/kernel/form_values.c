/* Answers to a form: are they what it asks for? See form.h. Kernel or reader thread. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "kernel/form.h"

fq_json *fq_form_get(fq_db *db, const char *id, int64_t version) {
  fq_json *out = NULL;
  fq_stmt *q = fq_sql(db,
                      "SELECT version, category, zh, en, fields FROM form WHERE id = ?1 AND"
                      " CASE WHEN ?2 > 0 THEN version = ?2 ELSE current = 1 END",
                      "si", id, version);
  if (fq_row(q)) {
    const char *fields = fq_col_str(q, 4);
    out = fq_json_object();
    fq_json_set_str(out, "id", id);
    fq_json_set_int(out, "version", fq_col_int(q, 0));
    if (!fq_col_null(q, 1)) fq_json_set_str(out, "category", fq_col_str(q, 1));
    fq_json_set_str(out, "zh", fq_col_str(q, 2));
    fq_json_set_str(out, "en", fq_col_str(q, 3));
    fq_json_set(out, "fields", fq_json_parse(fields, strlen(fields), NULL));
    fq_done(q);
  }
  return out;
}

struct answer {
  const fq_json *field, *value;
  const char *zh, *en; /* what the field is called */
  char path[160];
  fq_json *files;
  struct fq_error *e;
};

/* "…" and what it should have been; both languages name the field as its form does. */
static enum fq_status expected(struct answer *a, const char *zh, const char *en) {
  fq_fail(a->e, FQ_E_PARAMS, "form.value", a->path, "%s", "%s", zh);
  snprintf(a->e->zh, sizeof a->e->zh, "“%.150s”:%s", a->zh, zh);
  snprintf(a->e->en, sizeof a->e->en, "\"%.200s\": %s", a->en, en);
  return FQ_E_PARAMS;
}

static enum fq_status within(struct answer *a, double n, const char *zh, const char *en) {
  double min = fq_json_num(a->field, "min", -INFINITY), max = fq_json_num(a->field, "max", INFINITY);
  char said_zh[120], said_en[120];
  if (n >= min && n <= max) return FQ_OK;
  if (n < min) {
    snprintf(said_zh, sizeof said_zh, "%s不能少于 %g", zh, min);
    snprintf(said_en, sizeof said_en, "%s of at least %g expected", en, min);
  } else {
    snprintf(said_zh, sizeof said_zh, "%s不能超过 %g", zh, max);
    snprintf(said_en, sizeof said_en, "%s of at most %g expected", en, max);
  }
  return expected(a, said_zh, said_en);
}

static bool an_option(const struct answer *a, const fq_json *value) {
  const char *text = fq_json_as_str(value);
  fq_json_each(o, fq_json_get(a->field, "options")) if (text &&
                                                        !strcmp(fq_json_str(o, "value"), text)) return true;
  return false;
}

static enum fq_status check_tick(struct answer *a) {
  if (fq_json_type(a->value) == FQ_JSON_BOOL) return FQ_OK;
  return expected(a, "应为是或否", "expected true or false");
}

static enum fq_status check_choice(struct answer *a) {
  return an_option(a, a->value) ? FQ_OK : expected(a, "应为选项之一", "expected one of its options");
}

static enum fq_status check_choices(struct answer *a) {
  bool ok = fq_json_type(a->value) == FQ_JSON_ARRAY;
  if (ok) fq_json_each(v, a->value) {
      ok &= an_option(a, v);
      for (const fq_json *p = fq_json_first(a->value); p != v; p = fq_json_next(p))
        ok &= !fq_json_equal(p, v);
    }
  if (!ok) return expected(a, "应为若干不重复的选项", "expected a list of its options, each once");
  return within(a, (double)fq_json_size(a->value), "选中数", "a number of choices");
}

static enum fq_status check_number(struct answer *a) {
  if (fq_json_type(a->value) != FQ_JSON_NUMBER) return expected(a, "应为数", "expected a number");
  return within(a, fq_json_as_num(a->value, 0), "", "a number");
}

static enum fq_status check_text(struct answer *a) {
  const char *text = fq_json_as_str(a->value);
  if (!text) return expected(a, "应为文字", "expected text");
  size_t n = fq_utf8_length(text);
  if (n > FQ_FORM_TEXT) return expected(a, "最多 2000 个字", "at most 2000 characters");
  return within(a, (double)n, "字数", "a length");
}

/* A day, without an hour: 2026-11-22. */
static enum fq_status check_date(struct answer *a) {
  const char *text = fq_json_as_str(a->value);
  char whole[40];
  if (text && strlen(text) == 10) {
    snprintf(whole, sizeof whole, "%sT00:00:00Z", text);
    if (fq_time_parse(whole) != -1) return FQ_OK;
  }
  return expected(a, "应为日期,如 2026-11-22", "expected a date such as 2026-11-22");
}

static enum fq_status check_photo(struct answer *a) {
  bool ok = fq_json_type(a->value) == FQ_JSON_ARRAY && fq_json_size(a->value) <= 20;
  if (ok) fq_json_each(v, a->value) {
      const char *sha = fq_json_as_str(v);
      ok &= sha && strlen(sha) == 64 && strspn(sha, "0123456789abcdef") == 64;
      if (ok && a->files) fq_json_push(a->files, fq_json_new_str(sha));
    }
  if (!ok)
    return expected(a, "应为照片的列表(各为 64 位十六进制),最多 20 张",
                    "expected a list of pictures by SHA-256, at most 20");
  return within(a, (double)fq_json_size(a->value), "照片数", "a number of pictures");
}

static enum fq_status check_place(struct answer *a) {
  double lon = fq_json_num(a->value, "lon", NAN), lat = fq_json_num(a->value, "lat", NAN);
  if (fabs(lon) <= 180 && fabs(lat) <= 90) return FQ_OK;
  return expected(a, "应为位置 {lon, lat}", "expected a place {lon, lat}");
}

static const struct {
  const char *kind;
  enum fq_status (*check)(struct answer *a);
} checks[] = {{"tick", check_tick},     {"choice", check_choice}, {"choices", check_choices},
              {"number", check_number}, {"text", check_text},     {"date", check_date},
              {"photo", check_photo},   {"place", check_place}};

bool fq_form_blank(const fq_json *value) {
  const char *text = fq_json_as_str(value);
  return !value || fq_json_type(value) == FQ_JSON_NULL || (text && !*text) ||
         ((fq_json_type(value) == FQ_JSON_ARRAY || fq_json_type(value) == FQ_JSON_OBJECT) &&
          !fq_json_size(value));
}

static enum fq_status check_field(const fq_json *fields, const fq_json *values, struct answer *a) {
  const char *kind = fq_json_str(a->field, "kind");
  bool asked = fq_form_asked(fields, a->field, values), blank = fq_form_blank(a->value);
  if (a->value && !asked)
    return expected(a, "按其他各项的回答,不应填写此项", "is not asked, as the other fields are answered");
  if (blank && asked && fq_json_bool(a->field, "required", false))
    return expected(a, "必须填写", "has to be filled in");
  if (!a->value) return FQ_OK;
  if (blank) return expected(a, "没有填写时应不带此项", "leave it out when it is not filled in");
  for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
    if (!strcmp(checks[i].kind, kind)) return checks[i].check(a);
  return FQ_OK;
}

static bool has_field(const fq_json *fields, const char *id) {
  fq_json_each(f, fields) if (!strcmp(fq_json_str(f, "id"), id)) return true;
  return false;
}

static enum fq_status check_values(const fq_json *form, const fq_json *values, const char *path,
                                   fq_json *files, struct fq_error *e) {
  const fq_json *fields = fq_json_get(form, "fields");
  char at[160];
  enum fq_status st = FQ_OK;
  fq_json_each(v, values) {
    snprintf(at, sizeof at, "%.60s.values.%.60s", path, fq_json_name(v));
    if (!has_field(fields, fq_json_name(v)))
      return fq_fail(e, FQ_E_PARAMS, "form.field", at, "表单“%s”没有这一项", "no field of the form \"%s\"",
                     fq_json_str(form, "zh"));
  }
  fq_json_each(f, fields) {
    const char *id = fq_json_str(f, "id");
    struct answer a = {.field = f,
                       .value = fq_json_get(values, id),
                       .zh = fq_json_str(f, "zh"),
                       .en = fq_json_str(f, "en"),
                       .files = files,
                       .e = e};
    snprintf(a.path, sizeof a.path, "%.60s.values.%s", path, id);
    if (!st) st = check_field(fields, values, &a);
  }
  return st;
}

enum fq_status fq_form_check(fq_db *db, const fq_json *form, const char *path, fq_json *files,
                             struct fq_error *e) {
  const char *id = fq_json_str(form, "id");
  int64_t version = fq_json_int(form, "version", 0);
  char at[160];
  fq_json *known = version > 0 ? fq_form_get(db, id, version) : NULL;
  snprintf(at, sizeof at, "%.60s.id", path);
  if (!known)
    return fq_fail(e, FQ_E_PARAMS, "form.unknown", at, "没有表单 %s 第 %lld 版",
                   "there is no form %s, version %lld", id ? id : "-", (long long)version);
  enum fq_status st = check_values(known, fq_json_get(form, "values"), path, files, e);
  fq_json_free(known);
  return st;
}
