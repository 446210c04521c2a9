/*
 * schema.h - parameters that several methods have in common, for the part.c that describe methods. What is
 * said in a schema is checked by the kernel before a handler runs, and the published description is made from
 * it.
 */
#ifndef FQ_PLUGIN_DISPATCH_SCHEMA_H
#define FQ_PLUGIN_DISPATCH_SCHEMA_H

#include "dispatch.h"

#define P_ID                                                                                                 \
  { .name = "id", .type = FQ_T_ID, .required = true, .zh = "事件编号", .en = "incident id" }
#define P_TASK                                                                                               \
  { .name = "id", .type = FQ_T_ID, .required = true, .zh = "任务编号", .en = "task id" }
#define P_OCCURRED                                                                                           \
  {                                                                                                          \
    .name = "occurred_at", .type = FQ_T_TIME, .zh = "现场的时间",                                            \
    .en = "when it was done, by the phone's clock"                                                           \
  }
#define P_REV                                                                                                \
  { .name = "rev", .type = FQ_T_INT, .min = 1, .max = 1e15, .zh = "所见版本", .en = "the revision seen" }
#define P_NOTE                                                                                               \
  { .name = "note", .type = FQ_T_STRING, .max = 1000, .zh = "附言", .en = "note" }
#define P_REASON(must)                                                                                       \
  {                                                                                                          \
    .name = "reason", .type = FQ_T_STRING, .required = must, .min = 1, .max = 500, .zh = "理由",             \
    .en = "reason"                                                                                           \
  }
#define P_WITHIN                                                                                             \
  {                                                                                                          \
    .name = "within_ms", .type = FQ_T_INT, .min = 1000, .max = 2.6e9, .zh = "多久之内须答复",                \
    .en = "to be answered within this time"                                                                  \
  }
#define P_PLACE                                                                                              \
  { .name = "place", .type = FQ_T_PLACE, .zh = "位置", .en = "place" }
#define P_FILES                                                                                              \
  {                                                                                                          \
    .name = "attachments", .type = FQ_T_ARRAY, .members = sha256, .max = 20, .zh = "附件",                   \
    .en = "blobs by SHA-256"                                                                                 \
  }

/* Answers to one of the forms of form.list. */
static const struct fq_param form_members[] = {
    {.name = "id", .type = FQ_T_ID, .required = true, .zh = "表单", .en = "the form"},
    {.name = "version",
     .type = FQ_T_INT,
     .required = true,
     .min = 1,
     .max = 1e9,
     .zh = "版本",
     .en = "its version"},
    {.name = "values",
     .type = FQ_T_ANY,
     .required = true,
     .zh = "各项的回答 {项: 值}",
     .en = "the answers {field: value}"},
    {0}};
#define P_FORM(must)                                                                                         \
  {                                                                                                          \
    .name = "form", .type = FQ_T_OBJECT, .required = must, .members = form_members, .zh = "表单的回答",      \
    .en = "answers to a form"                                                                                \
  }

/* What lists and reports are cut by. */
#define P_ORG                                                                                                \
  { .name = "org", .type = FQ_T_ID, .zh = "辖区", .en = "within this unit" }
#define P_LIMIT                                                                                              \
  { .name = "limit", .type = FQ_T_INT, .min = 1, .max = 200, .zh = "条数", .en = "rows" }
#define P_AFTER                                                                                              \
  { .name = "after", .type = FQ_T_ID, .zh = "续页", .en = "`next` of the page before" }
#define P_PERIOD                                                                                             \
  {.name = "from", .type = FQ_T_TIME, .required = true, .zh = "自", .en = "from"}, {                         \
    .name = "until", .type = FQ_T_TIME, .required = true, .zh = "至(不含)", .en = "until, exclusive"         \
  }

/* For P_FILES. */
static const struct fq_param sha256[] = {{.name = "sha256", .type = FQ_T_STRING, .min = 64, .max = 64}, {0}};

#define P_INCIDENT                                                                                           \
  { .name = "incident", .type = FQ_T_ID, .required = true, .zh = "事件编号", .en = "incident id" }
/* The rungs of the ladder, as an enum's values. */
#define DP_SPACED(id, name, zh) " " name
#define LEVEL_VALUES            (&(DP_LEVELS(DP_SPACED))[1])
#define P_UNTIL(z, e)                                                                                        \
  { .name = "until", .type = FQ_T_TIME, .zh = z, .en = e }
/* Timers add these two. */
#define P_TIMER                                                                                              \
  {.name = "due_ms", .type = FQ_T_INT, .zh = "应于", .en = "when it was due"}, {                             \
    .name = "late_ms", .type = FQ_T_INT, .zh = "迟", .en = "how late it fires"                               \
  }
/* Schemas that say no more than "which one". */
#define ID_PARAMS                                                                                            \
  {                                                                                                          \
    P_ID, P_REV, {                                                                                           \
      0                                                                                                      \
    }                                                                                                        \
  }
#define GET_PARAMS                                                                                           \
  {                                                                                                          \
    P_ID, {                                                                                                  \
      0                                                                                                      \
    }                                                                                                        \
  }
#define REASON_PARAMS                                                                                        \
  {                                                                                                          \
    P_ID, P_REASON(true), P_REV, {                                                                           \
      0                                                                                                      \
    }                                                                                                        \
  }

/* ---- who may call, who hears ---------------------------------------------------------------------- */

#define DESK    FQ_ROLE_DESK
#define RULE    FQ_ROLE_POLICY
#define FIELD   (FQ_ROLE_OFFICER | FQ_ROLE_DEPARTMENT)
#define READERS (FIELD | DESK | FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT | FQ_ROLE_SERVICE)
/* Who hears an entry within their subtree. Officers and departments hear what is theirs, by audience. */
#define HEAR (FQ_ROLE_DESK | FQ_ROLE_SERVICE)
#define ASK(name, who, flags, schema, fn, z, e, result)                                                      \
  { name, who, flags, schema, NULL, NULL, fn, NULL, z, e, result }

#endif
