/*
 * The life of a pack's versions, as a part of the policy module: deployed, proposed, moved, rolled back, and
 * the memory of all that. Its tables, kinds and methods; the code is in deploy.c, rollback.c, proposal.c,
 * move.c, history.c and diff.c.
 */
#include "policy/module_internal.h"

#define ADMINS (FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT)

/* What the journal holds of earlier deployments is taken in as apply would have. */
static const char *const migrations[] = {
    "CREATE TABLE policy_act(n INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, actor TEXT NOT NULL, act TEXT "
    "NOT "
    "NULL, generation INTEGER NOT NULL, pack TEXT NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL,"
    " from_gen INTEGER NOT NULL, detail TEXT NOT NULL);"
    "CREATE INDEX policy_act_pack ON policy_act(pack, n);"
    "CREATE TABLE policy_file(origin INTEGER NOT NULL, path TEXT NOT NULL, text TEXT NOT NULL,"
    " PRIMARY KEY(origin, path)) WITHOUT ROWID;"
    "CREATE TABLE policy_proposal(id TEXT PRIMARY KEY, n INTEGER NOT NULL, pack TEXT NOT NULL, version TEXT "
    "NOT NULL, digest TEXT NOT NULL, author TEXT NOT NULL, at_ms INTEGER NOT NULL, note TEXT, open TEXT NOT "
    "NULL, force INTEGER NOT NULL, base INTEGER NOT NULL, draft INTEGER NOT NULL, tested TEXT, override TEXT,"
    " state TEXT NOT NULL, settled_by TEXT, settled_ms INTEGER, reason TEXT) WITHOUT ROWID;"
    "CREATE INDEX policy_proposal_open ON policy_proposal(n) WHERE state = 'open';"
    "INSERT INTO policy_act SELECT j.seq, j.at_ms, j.actor, 'deployed', p.gen, p.pack, p.version, p.digest, "
    "0,"
    " '{}' FROM journal j JOIN policy_pack p ON p.gen = json_extract(j.data, '$.generation') AND p.pack ="
    " json_extract(j.data, '$.pack') WHERE j.kind = 'pack.deployed';"
    "INSERT INTO policy_act SELECT j.seq, j.at_ms, j.actor, 'rolled_back', p.gen, p.pack, p.version, "
    "p.digest,"
    " json_extract(j.data, '$.from'), json_object('message_zh', json_extract(j.data, '$.message_zh'),"
    " 'message_en', json_extract(j.data, '$.message_en'), 'from', json_extract(j.data, '$.from'), 'to',"
    " json_extract(j.data, '$.to')) FROM journal j JOIN policy_pack p ON p.gen = json_extract(j.data,"
    " '$.generation') AND p.pack = json_extract(j.data, '$.pack') WHERE j.kind = 'policy.rolled_back';"
    "INSERT INTO policy_file SELECT j.seq, f.key, f.value FROM journal j, json_each(j.data, '$.files') f"
    " WHERE j.kind = 'pack.deployed';",
    NULL};

static const struct fq_kind kinds[] = {
    {"pack.proposed", fq_policy_apply_proposed, ADMINS, FQ_KIND_QUIET, "规则包已提议", "a pack was proposed"},
    {"pack.approved", fq_policy_apply_settled, ADMINS, FQ_KIND_QUIET, "规则包已获批准",
     "a proposed pack was approved"},
    {"pack.rejected", fq_policy_apply_settled, ADMINS, FQ_KIND_QUIET, "规则包未获批准",
     "a proposed pack was rejected or withdrawn"},
    {"policy.moved", fq_policy_apply_moved, FQ_ROLE_DESK | ADMINS, FQ_KIND_QUIET, "未结事项改用现行规则",
     "open subjects were moved to the present policies"},
    {0}};

static const struct fq_kind also[] = {{.name = "pack.deployed", .apply = fq_policy_apply_act},
                                      {.name = "policy.rolled_back", .apply = fq_policy_apply_act},
                                      {0}};

#define P_PACK                                                                                               \
  { .name = "pack", .type = FQ_T_ID, .required = true, .zh = "包名", .en = "the pack's name" }
#define P_PACK_MAYBE                                                                                         \
  {                                                                                                          \
    .name = "pack", .type = FQ_T_ID, .zh = "包名;只装了一个时可不写",                                        \
    .en = "the pack; may be left out when there is one"                                                      \
  }
#define P_FILES                                                                                              \
  { .name = "files", .type = FQ_T_ANY, .zh = "文件:路径与内容", .en = "files: {path: text}" }
#define P_DRAFT                                                                                              \
  { .name = "draft", .type = FQ_T_BOOL, .zh = "用该包的草稿", .en = "the pack's draft instead of files" }
#define P_NOTE                                                                                               \
  { .name = "note", .type = FQ_T_STRING, .min = 1, .max = 500, .zh = "说明", .en = "what it is for" }
#define P_PROPOSAL                                                                                           \
  { .name = "proposal", .type = FQ_T_ID, .required = true, .zh = "提议编号", .en = "the proposal" }
#define P_LIMIT                                                                                              \
  { .name = "limit", .type = FQ_T_INT, .min = 1, .max = 200, .zh = "条数", .en = "rows" }
#define P_AFTER                                                                                              \
  {                                                                                                          \
    .name = "after", .type = FQ_T_INT, .min = 1, .max = 9007199254740991.0, .zh = "上一页的 next",           \
    .en = "`next` of the page before"                                                                        \
  }
#define P_GENERATION(n, z, e)                                                                                \
  { .name = n, .type = FQ_T_INT, .min = 1, .max = 9007199254740991.0, .zh = z, .en = e }

static const struct fq_param deploy_params[] = {
    P_PACK,
    P_FILES,
    P_DRAFT,
    P_NOTE,
    {.name = "open",
     .type = FQ_T_ENUM,
     .values = "keep move",
     .zh = "未结事项:keep 沿用原规则(缺省),move 一并改用",
     .en = "what is open: keep its rules (default), or move to these"},
    {.name = "override",
     .type = FQ_T_STRING,
     .min = 5,
     .max = 500,
     .zh = "情景未通过仍要部署的理由",
     .en = "why to deploy although scenarios do not come true"},
    {.name = "digest",
     .type = FQ_T_STRING,
     .min = 64,
     .max = 64,
     .zh = "看过的内容的散列:不同则拒绝",
     .en = "digest of what was looked at: anything else is refused"},
    {.name = "force",
     .type = FQ_T_BOOL,
     .zh = "内容未变、或草稿已旧也部署",
     .en = "also when nothing has changed, or the draft is outdated"},
    {0}};
static const struct fq_param rollback_params[] = {
    P_PACK_MAYBE,
    P_GENERATION("to", "退到第几代;缺省为上一个好版本", "generation; the last good one when left out"),
    {0}};
static const struct fq_param open_params[] = {
    P_PACK, P_GENERATION("generation", "第几代;缺省为现行", "generation; the active one when left out"), {0}};
static const struct fq_param history_params[] = {
    {.name = "pack", .type = FQ_T_ID, .zh = "包名;缺省为全部", .en = "the pack; all when left out"},
    P_LIMIT,
    P_AFTER,
    {0}};
static const struct fq_param diff_params[] = {
    P_PACK,
    P_GENERATION("from", "比较的起点;缺省为现行", "compare from; the active one when left out"),
    P_GENERATION("to", "比较的终点", "compare to"),
    P_FILES,
    P_DRAFT,
    {0}};
static const struct fq_param proposal_params[] = {P_PROPOSAL, {0}};
static const struct fq_param approve_params[] = {P_PROPOSAL, P_NOTE, {0}};
static const struct fq_param reject_params[] = {P_PROPOSAL,
                                                {.name = "reason",
                                                 .type = FQ_T_STRING,
                                                 .required = true,
                                                 .min = 1,
                                                 .max = 500,
                                                 .zh = "理由",
                                                 .en = "why"},
                                                {0}};
static const struct fq_param move_params[] = {
    P_GENERATION("from", "第几代;缺省为以前各代", "generation; all older ones when left out"),
    {.name = "note",
     .type = FQ_T_STRING,
     .required = true,
     .min = 1,
     .max = 500,
     .zh = "为何移动",
     .en = "why"},
    {0}};
static const struct fq_param page_params[] = {P_LIMIT, P_AFTER, {0}};
static const struct fq_param source_params[] = {{.name = "version",
                                                 .type = FQ_T_STRING,
                                                 .required = true,
                                                 .min = 64,
                                                 .max = 64,
                                                 .zh = "规则文本的散列",
                                                 .en = "hash of the policy's text"},
                                                {0}};

#define COMMAND(n, p, f, z, e, r)                                                                            \
  {                                                                                                          \
    .name = n, .roles = FQ_ROLE_ADMIN_SYSTEM, .params = p, .target = fq_policy_whole_county, .run = f,       \
    .zh = z, .en = e, .result = r                                                                            \
  }
#define QUESTION(n, p, f, z, e, r)                                                                           \
  { .name = n, .roles = ADMINS, .params = p, .query = f, .zh = z, .en = e, .result = r }
#define DEPLOYED "{pack, version, digest, generation, policies, changed, tested?:{played, failed}, moved?}"
#define PROPOSED                                                                                             \
  "proposal, pack, version, digest, author, at, note?, open, tested?, override?, base, state, stale?"
#define SIDE "{label, digest, version, generation?, rev?, findings}"

static const struct fq_method methods[] = {
    COMMAND("pack.deploy", deploy_params, fq_policy_deploy, "部署规则包",
            "checks and deploys a pack; it decides from the next tick on", DEPLOYED),
    COMMAND("pack.propose", deploy_params, fq_policy_propose, "提议部署规则包,由另一人批准",
            "proposes a deployment for another administrator to approve",
            "{proposal, pack, version, digest}"),
    QUESTION("pack.proposals", NULL, fq_policy_proposals, "待批准的提议", "proposals that wait for approval",
             "{rows:[{" PROPOSED "}]}"),
    QUESTION("pack.proposal", proposal_params, fq_policy_proposal, "一项提议及其文件",
             "a proposal with its files", "{" PROPOSED ", settled_by?, settled_at?, reason?, files}"),
    COMMAND("pack.approve", approve_params, fq_policy_approve, "批准并部署",
            "approves what another has proposed, which deploys it",
            "{proposal, pack, version, digest, generation, policies, changed, tested?, moved?}"),
    COMMAND("pack.reject", reject_params, fq_policy_reject, "驳回提议", "rejects a proposal", "{proposal}"),
    COMMAND("pack.withdraw", proposal_params, fq_policy_withdraw, "撤回自己的提议",
            "takes one's own proposal back", "{proposal}"),
    QUESTION("pack.open", open_params, fq_policy_open, "规则包某一代的全部文件",
             "a pack's files as a generation has them",
             "{pack, version, zh, en, digest, generation, at, actor, files}"),
    QUESTION(
        "pack.history", history_params, fq_policy_history, "部署、退回、移动的经过,新的在前",
        "deployments, roll-backs and moves, the latest first",
        "{rows:[{n, at, actor, act, generation, pack, version, digest, from_generation?, to_generation?, "
        "note?, approved_by?, proposal?, tested?, override?:{reason, failed}, moved?, message_zh?, "
        "message_en?}], next?}"),
    QUESTION("pack.diff", diff_params, fq_policy_diff, "两个版本的差别",
             "what differs between two states of a pack; the active one and the draft unless told otherwise",
             "{from:" SIDE ", to:" SIDE ", files:[{path, change, hunks:[{from, to, lines:[[string]]}]}], "
             "policies:[{policy, path, change, kinds_added, kinds_removed}]}"),
    COMMAND("policy.rollback", rollback_params, fq_policy_rollback, "退回规则包的某一代",
            "brings back an earlier version of a pack, also for what is open",
            "{pack, version, generation, moved, setup_refused?:[{method, path, code, zh, en}]}"),
    QUESTION("policy.generations", page_params, fq_policy_generations, "各代规则与其名下未结事项",
             "generations, and how much of what is open each decides",
             "{generation, rows:[{generation, at, actor, packs:[{pack, version}], open, moved_to?, "
             "replaced?:[{pack, generation, version}]}], next?}"),
    COMMAND("policy.move", move_params, fq_policy_move, "把未结事项移到现行一代",
            "moves what is open to the present generation", "{moved, to}"),
    {.name = "policy.source",
     .roles = FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT | ADMINS,
     .params = source_params,
     .query = fq_policy_source,
     .zh = "某个散列的规则原文",
     .en = "the text of the policy that a decision names",
     .result = "{version, policy, path, text, packs:[{pack, generations}]}"},
    {0}};

const struct fq_plugin fq_policy_life = {
    FQ_PLUGIN_HEAD,         .name = "policy.life",        .version = "1",
    .zh = "规则版本的一生", .en = "the life of versions", .migrations = migrations,
    .kinds = kinds,         .also_applies = also,         .methods = methods};
