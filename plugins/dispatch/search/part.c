/*
 * part.c - the search part of the dispatch plugin: incidents found by words and by everything else, searches
 * kept.
 */
#include "search/search.h"
#include "schema.h"
#include "shape.h"

/* search_new: documents not indexed yet, with the words and the mark that no other table has. search_part:
 * which entry a document is of (a report's is its own). search_words: automatic merging is off, because it
 * stops a tick for tens of milliseconds; index.c merges in steps. */
static const char *const migrations[] = {
    "CREATE TABLE search_new(seq INTEGER PRIMARY KEY, doc INTEGER NOT NULL, words TEXT, mark TEXT);"
    "CREATE TABLE search_part(doc INTEGER PRIMARY KEY, seq INTEGER NOT NULL);"
    "CREATE VIRTUAL TABLE search_words USING fts5(words, content='', detail=none, columnsize=0,"
    " tokenize=\"ascii tokenchars '._:-'\");"
    "INSERT INTO search_words(search_words, rank) VALUES('automerge', 0);"
    "INSERT INTO search_words(search_words, rank) VALUES('crisismerge', 1000);"
    "CREATE TABLE filter(user TEXT NOT NULL, name TEXT NOT NULL, org TEXT NOT NULL, shared INTEGER NOT NULL,"
    " query TEXT NOT NULL, PRIMARY KEY(user, name)) WITHOUT ROWID;"
    "CREATE INDEX filter_org ON filter(org) WHERE shared = 1;",
    NULL};

static const struct fq_param one_state[] = {
    {.name = "state",
     .type = FQ_T_ENUM,
     .values =
         "reported accepted dispatched handling handled verified closed returned suspended merged voided"},
    {0}};
static const struct fq_param one_category[] = {{.name = "category", .type = FQ_T_ID}, {0}};
static const struct fq_param degrees[] = {{.name = "degrees", .type = FQ_T_NUMBER, .min = -180, .max = 180},
                                          {0}};

#define ASKED                                                                                                \
  {.name = "text",                                                                                           \
   .type = FQ_T_STRING,                                                                                      \
   .min = 1,                                                                                                 \
   .max = 100,                                                                                               \
   .zh = "标题、情况、地址、批注、反馈中的字词,空格分开的都要有",                                            \
   .en = "words of title, text, address, comments, feedback; all of them"},                                  \
      {.name = "number",                                                                                     \
       .type = FQ_T_INT,                                                                                     \
       .min = 1,                                                                                             \
       .max = 1e15,                                                                                          \
       .zh = "编号",                                                                                         \
       .en = "the incident's number"},                                                                       \
      {.name = "person",                                                                                     \
       .type = FQ_T_STRING,                                                                                  \
       .min = 1,                                                                                             \
       .max = 64,                                                                                            \
       .zh = "上报人或承办人(账号或姓名)",                                                                   \
       .en = "reporter or assignee, by account or displayed name"},                                          \
      {.name = "place", .type = FQ_T_PLACE, .zh = "某处附近", .en = "around this place"},                    \
      {.name = "within_m",                                                                                   \
       .type = FQ_T_INT,                                                                                     \
       .min = 1,                                                                                             \
       .max = 100000,                                                                                        \
       .zh = "多少米以内,默认 500",                                                                          \
       .en = "... within so many metres, 500 unless said"},                                                  \
      {.name = "bbox",                                                                                       \
       .type = FQ_T_ARRAY,                                                                                   \
       .members = degrees,                                                                                   \
       .min = 4,                                                                                             \
       .max = 4,                                                                                             \
       .zh = "范围:西、南、东、北",                                                                          \
       .en = "within a box: west, south, east, north"},                                                      \
      P_ORG,                                                                                                 \
      {.name = "state",                                                                                      \
       .type = FQ_T_ARRAY,                                                                                   \
       .members = one_state,                                                                                 \
       .min = 1,                                                                                             \
       .max = 11,                                                                                            \
       .zh = "状态",                                                                                         \
       .en = "states"},                                                                                      \
      {.name = "open", .type = FQ_T_BOOL, .zh = "只看在办", .en = "open ones only"},                         \
      {.name = "category",                                                                                   \
       .type = FQ_T_ARRAY,                                                                                   \
       .members = one_category,                                                                              \
       .min = 1,                                                                                             \
       .max = 32,                                                                                            \
       .zh = "类别",                                                                                         \
       .en = "categories"},                                                                                  \
      {.name = "level", .type = FQ_T_INT, .min = 1, .max = 4, .zh = "等级", .en = "level"},                  \
      {.name = "clock",                                                                                      \
       .type = FQ_T_ENUM,                                                                                    \
       .values = "running due_soon overdue breached",                                                        \
       .zh = "有这样的时钟:未过期、将到期、已过期未办、曾过期或超期",                                        \
       .en = "has a clock that runs, is due soon, is past due, or ever was late"},                           \
      {.name = "card", .type = FQ_T_ENUM, .values = "yellow red black", .zh = "督办牌", .en = "card"},       \
      {.name = "from", .type = FQ_T_TIME, .zh = "上报不早于", .en = "reported at or after"},                 \
      {.name = "until", .type = FQ_T_TIME, .zh = "上报不晚于", .en = "reported at or before"},               \
      {.name = "source", .type = FQ_T_ID, .zh = "来源", .en = "source"}, {                                   \
    .name = "sort", .type = FQ_T_ENUM, .values = "newest oldest", .zh = "次序,默认新的在前",                 \
    .en = "newest first unless said"                                                                         \
  }

static const struct fq_param query_params[] = {ASKED, {0}};
static const struct fq_param search_params[] = {ASKED,
                                                {.name = "filter",
                                                 .type = FQ_T_STRING,
                                                 .min = 1,
                                                 .max = 40,
                                                 .zh = "用已存的筛选,另给的条件优先",
                                                 .en = "a saved filter; what is given beside it goes before"},
                                                P_LIMIT,
                                                P_AFTER,
                                                {0}};

#define P_NAME                                                                                               \
  { .name = "name", .type = FQ_T_STRING, .required = true, .min = 1, .max = 40, .zh = "名称", .en = "name" }
static const struct fq_param save_params[] = {
    P_NAME,
    {.name = "query",
     .type = FQ_T_OBJECT,
     .required = true,
     .members = query_params,
     .zh = "incident.search 的条件",
     .en = "what incident.search is asked"},
    {.name = "shared", .type = FQ_T_BOOL, .zh = "与本单位共用", .en = "for everybody of one's unit"},
    {0}};
static const struct fq_param remove_params[] = {P_NAME, {0}};
static const struct fq_param index_params[] = {P_TIMER, {0}};

static const struct fq_kind kinds[] = {
    {"search.indexed", dp_apply_indexed, 0, FQ_KIND_QUIET, "编入检索", "documents indexed"},
    {"filter.saved", dp_apply_filter, 0, FQ_KIND_QUIET, "筛选已保存", "filter saved"},
    {"filter.removed", dp_apply_filter, 0, FQ_KIND_QUIET, "筛选已删除", "filter removed"},
    {0}};

static const struct fq_kind also_applies[] = {{.name = "incident.reported", .apply = dp_apply_search_text},
                                              {.name = "incident.commented", .apply = dp_apply_search_text},
                                              {.name = "incident.supervised", .apply = dp_apply_search_text},
                                              {.name = "task.created", .apply = dp_apply_search_text},
                                              {.name = "task.moved", .apply = dp_apply_search_text},
                                              {.name = "task.fed_back", .apply = dp_apply_search_text},
                                              {.name = "incident.transferred", .apply = dp_apply_search_text},
                                              {.name = "incident.sent_down", .apply = dp_apply_search_text},
                                              {.name = "incident.escalated", .apply = dp_apply_search_text},
                                              {.name = "countersign.asked", .apply = dp_apply_search_text},
                                              {.name = "clock.overdue", .apply = dp_apply_search_text},
                                              {.name = "clock.breached", .apply = dp_apply_search_text},
                                              {0}};

static const struct fq_method methods[] = {
    {"search.index", 0, FQ_INTERNAL, index_params, NULL, dp_search_index, NULL, NULL, "编入检索",
     "index what is new", NULL},
    ASK("incident.search", READERS, 0, search_params, dp_incident_search, "检索事件", "find incidents",
        "{rows: [{" SHAPE_INCIDENT_MEMBERS ", match?: {in: string, snippet: string, at: integer, length: "
        "integer}}], next?: string, head: integer}"),
    {"filter.save", READERS, 0, save_params, NULL, dp_filter_save, NULL, NULL, "保存筛选", "keep a search",
     "{name}"},
    {"filter.remove", READERS, 0, remove_params, NULL, dp_filter_remove, NULL, NULL, "删除筛选",
     "remove a search one kept", "{name}"},
    ASK("filter.list", READERS, 0, NULL, dp_filter_list, "已存的筛选",
        "one's own filters and those of one's unit", "{rows: [{name, by, query, shared}]}"),
    {0}};

const struct fq_plugin dp_search_part = {
    FQ_PLUGIN_HEAD,     .name = "dispatch.search",        .version = DP_VERSION,
    .zh = "检索与筛选", .en = "search and saved filters", .migrations = migrations,
    .kinds = kinds,     .also_applies = also_applies,     .methods = methods,
    .derived = true,
};
