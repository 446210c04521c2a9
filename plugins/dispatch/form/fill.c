/*
 * fill.c - what a form asked about an incident, and what was answered: with the report, or later by whoever
 * has a part in it. Each form's last answers are kept; the earlier ones stand in the timeline. Kernel thread;
 * reading also on reader threads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form/form.h"
#include "incident/incident.h"

/* A form made for another category asks about something else. */
static enum fq_status fits(struct fq_call *c, const fq_json *form, const char *category) {
  fq_json *known = fq_form_get(c->db, fq_json_str(form, "id"), fq_json_int(form, "version", 0));
  const char *of = fq_json_str(known, "category");
  enum fq_status s = FQ_OK;
  if (of && strcmp(of, category))
    s = fq_fail(c->error, FQ_E_PARAMS, "form.category", "params.form.id",
                "表单“%s”是为类别 %s 准备的,这件事的类别是 %s",
                "the form \"%s\" is for the category %s, and this is %s", fq_json_str(known, "zh"), of,
                category);
  fq_json_free(known);
  return s;
}

enum fq_status dp_form_take(struct fq_call *c, const fq_json *form, const char *category, fq_json *data) {
  if (!form) return FQ_OK;
  fq_json *files = fq_json_array();
  enum fq_status s = fq_form_check(c->db, form, "params.form", files, c->error);
  if (s == FQ_OK) s = fits(c, form, category);
  if (s != FQ_OK) {
    fq_json_free(files);
    return s;
  }
  fq_json_set(data, "form", fq_json_dup(form));
  /* Pictures among the answers are the incident's like any others: whoever sees it sees them. */
  fq_json_each(given, fq_json_get(data, "attachments")) {
    bool there = false;
    fq_json_each(f, files) there |= !strcmp(fq_json_as_str(f), fq_json_as_str(given));
    if (!there) fq_json_push(files, fq_json_new_str(fq_json_as_str(given)));
  }
  if (fq_json_size(files))
    fq_json_set(data, "attachments", files);
  else
    fq_json_free(files);
  return FQ_OK;
}

enum fq_status dp_incident_fill(struct fq_call *c) {
  struct dp_incident i;
  enum dp_state next;
  enum fq_status s = dp_verb_begin(c, DP_V_ATTACH, &i, &next);
  if (s != FQ_OK) return s;
  fq_json *data = fq_json_object();
  s = dp_form_take(c, fq_json_get(c->params, "form"), i.category, data);
  if (s == FQ_OK) return dp_verb_finish(c, &i, "incident.filled", next, data, NULL);
  fq_json_free(data);
  return s;
}

static void keep(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *form = fq_json_get(e->data, "form");
  if (!form) return;
  char *values = fq_json_print(fq_json_get(form, "values"));
  fq_exec(a->db,
          "INSERT OR REPLACE INTO incident_form(incident, form, version, \"values\", n, at_ms, actor)"
          " VALUES(?1,?2,?3,?4,?5,?6,?7)",
          "isisiis", dp_id_n(e->subject, 'i'), fq_json_str(form, "id"), fq_json_int(form, "version", 0),
          values, e->seq, e->at_ms, e->actor);
  free(values);
}

enum fq_status dp_apply_filled_first(struct fq_apply *a, const struct fq_entry *e) {
  keep(a, e);
  return FQ_OK;
}

enum fq_status dp_apply_filled(struct fq_apply *a, const struct fq_entry *e) {
  enum fq_status s = dp_apply_incident(a, e);
  if (s != FQ_OK) return s;
  keep(a, e);
  const fq_json *files = fq_json_get(e->data, "attachments");
  if (files) dp_apply_files(a, dp_id_n(e->subject, 'i'), files);
  return FQ_OK;
}

void dp_forms_set(fq_db *db, int64_t n, fq_json *j) {
  fq_json *all = fq_json_array();
  fq_stmt *q = fq_sql(db,
                      "SELECT form, version, \"values\", at_ms, actor FROM incident_form WHERE incident = ?1"
                      " ORDER BY n DESC",
                      "i", n);
  while (fq_row(q)) {
    const char *values = fq_col_str(q, 2);
    fq_json *o = fq_json_object();
    fq_json_set_str(o, "id", fq_col_str(q, 0));
    fq_json_set_int(o, "version", fq_col_int(q, 1));
    fq_json_set(o, "values", fq_json_parse(values, strlen(values), NULL));
    dp_col_time(o, "at", q, 3);
    fq_json_set_str(o, "by", fq_col_str(q, 4));
    fq_json_push(all, o);
  }
  if (fq_json_size(all)) fq_json_set(j, "form", fq_json_dup(fq_json_first(all)));
  if (fq_json_size(all) > 1)
    fq_json_set(j, "forms", all);
  else
    fq_json_free(all);
}
