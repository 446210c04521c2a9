/*
 * part.c - the form part of the dispatch plugin: what was answered to the forms that the kernel keeps.
 */
#include "form/form.h"
#include "incident/incident.h"
#include "schema.h"

static const struct fq_param fill_params[] = {P_ID, P_FORM(true), P_REV, {0}};

static const struct fq_kind kinds[] = {
    {"incident.filled", dp_apply_filled, HEAR, 0, "填写表单", "form filled in"}, {0}};
static const struct fq_kind also_applies[] = {{.name = "incident.reported", .apply = dp_apply_filled_first},
                                              {0}};

static const struct fq_method methods[] = {
    {"incident.fill", FIELD | DESK, 0, fill_params, dp_target_involved, dp_incident_fill, NULL, NULL,
     "填写表单", "fill in a form about it, or fill it in anew", "{id, state, rev: number}"},
    {0}};

/* Of each form the last answers. */
static const char *const migrations[] = {
    "CREATE TABLE incident_form(incident INTEGER NOT NULL, form TEXT NOT NULL, version INTEGER NOT NULL,"
    " \"values\" TEXT NOT NULL, n INTEGER NOT NULL, at_ms INTEGER NOT NULL, actor TEXT NOT NULL,"
    " PRIMARY KEY(incident, form)) WITHOUT ROWID;",
    NULL};

const struct fq_plugin dp_form_part = {FQ_PLUGIN_HEAD, .name = "dispatch.form",      .version = DP_VERSION,
                                       .zh = "表单",   .en = "forms filled in",      .migrations = migrations,
                                       .kinds = kinds, .also_applies = also_applies, .methods = methods};
