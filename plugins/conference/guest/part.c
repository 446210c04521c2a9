/*
 * part.c - the guests' part of the conference plugin: its table, kinds and methods.
 */
#include "guest/guest.h"

static const char *const migrations[] = {
    "CREATE TABLE conf_guest("
    " n INTEGER PRIMARY KEY, conf TEXT NOT NULL, org TEXT NOT NULL, name TEXT NOT NULL, whose TEXT NOT NULL,"
    " by TEXT NOT NULL, mark TEXT NOT NULL, phone TEXT, created_ms INTEGER NOT NULL, until_ms INTEGER NOT "
    "NULL,"
    " used INTEGER NOT NULL DEFAULT 0, ended_ms INTEGER, why TEXT);"
    "CREATE UNIQUE INDEX conf_guest_mark ON conf_guest(mark);"
    "CREATE INDEX conf_guest_conf ON conf_guest(conf);",
    NULL};

#define P_CONF                                                                                               \
  { .name = "id", .type = FQ_T_ID, .required = true, .zh = "会商编号", .en = "conference id" }
#define P_GUEST                                                                                              \
  { .name = "guest", .type = FQ_T_ID, .required = true, .zh = "访客编号", .en = "guest id" }
static const struct fq_param link_params[] = {
    P_CONF,
    {.name = "name",
     .type = FQ_T_STRING,
     .required = true,
     .min = 1,
     .max = 40,
     .zh = "给谁:同一姓名的链接没有打开过,再发即作废前一个",
     .en = "for whom; given again under a name that has not been opened, the one before is dead"},
    {.name = "hours",
     .type = FQ_T_NUMBER,
     .min = 0.0003,
     .max = 72,
     .zh = "多少小时有效,缺省 12;会商结束即失效",
     .en = "how many hours it opens, 12 unless told; never longer than the conference"},
    {.name = "phone",
     .type = FQ_T_STRING,
     .min = 7,
     .max = 24,
     .zh = "电话:加密保存,只显示打码的",
     .en = "telephone: kept sealed, shown masked"},
    {0}};
static const struct fq_param unlink_params[] = {P_GUEST, {0}};
static const struct fq_param due_params[] = {
    P_GUEST,
    {.name = "due_ms", .type = FQ_T_INT, .zh = "应于", .en = "when it was due"},
    {.name = "late_ms", .type = FQ_T_INT, .zh = "迟", .en = "how late it fires"},
    {0}};
static const struct fq_param links_params[] = {P_CONF, {0}};
static const struct fq_param check_params[] = {{.name = "token",
                                                .type = FQ_T_STRING,
                                                .required = true,
                                                .min = 1,
                                                .max = 90,
                                                .zh = "链接中的凭据",
                                                .en = "the token of a link"},
                                               {0}};

#define HEAR (FQ_ROLE_DISPATCHER | FQ_ROLE_COMMANDER)
static const struct fq_kind kinds[] = {
    {"conf.linked", cg_apply_linked, HEAR, FQ_KIND_QUIET, "发出家属链接", "link given to a relative"},
    {"conf.unlinked", cg_apply_unlinked, HEAR, FQ_KIND_QUIET, "家属链接失效", "relative's link ended"},
    {0}};
static const struct fq_kind also_applies[] = {{.name = "conf.kicked", .apply = cg_apply_kicked},
                                              {.name = "conf.ended", .apply = cg_apply_ended},
                                              {.name = "conf.ringing", .apply = cg_apply_seen},
                                              {.name = "conf.joined", .apply = cg_apply_seen},
                                              {0}};
static const struct fq_reaction reactions[] = {{"conf.unlinked", cg_show_out},
                                               {"conf.unlinked", cg_gone},
                                               {"conf.kicked", cg_gone},
                                               {"conf.ended", cg_over},
                                               {0}};

#define GIVE (FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT | FQ_ROLE_OFFICER)
/* clang-format off */
static const struct fq_method methods[] = {
    {"conf.link", GIVE, FQ_SECRET, link_params, cg_target_conf, cg_link, NULL, NULL, "发家属链接",
     "give a relative a link to a conference", "{id, guest, token, url_path, until, again?: boolean}"},
    {"conf.unlink", GIVE, 0, unlink_params, cg_target_guest, cg_unlink, NULL, NULL, "收回家属链接",
     "take a relative's link back; he is shown out", "{guest}"},
    {"conf.link_due", 0, FQ_INTERNAL, due_params, NULL, cg_link_due, NULL, NULL, "家属链接到期", "a link runs out", NULL},
    {.name = "conf.links", .roles = GIVE | FQ_ROLE_ADMIN_AUDIT, .params = links_params, .query = cg_links,
     .zh = "会商的家属链接", .en = "the links of a conference",
     .result = "{rows: [{guest, name?, phone?, by, created_at, until, used: boolean, ended_at?, why?}]}"},
    {.name = "conf.link_check", .flags = FQ_PUBLIC | FQ_SECRET, .params = check_params, .query = cg_link_check,
     .zh = "链接还能打开吗:live 能,unlinked kicked ended expired unknown 不能", .en = "does a link open, and if not, why",
     .result = "{state, until?}"},
    {.name = "conf.guest", .roles = FQ_ROLE_FAMILY, .query = cg_guest_self, .zh = "自己的链接",
     .en = "one's own link", .result = "{user, org_name?, name?, conf?, title?, until?}"},
    {0}};
/* clang-format on */

const struct fq_plugin cf_guest_part = {
    FQ_PLUGIN_HEAD,           .name = "conference.guest", .version = CF_VERSION, .zh = "访客",
    .en = "guests of a call", .migrations = migrations,   .kinds = kinds,        .also_applies = also_applies,
    .methods = methods,       .reactions = reactions,     .guest = cg_hook,
};
