/* Its apply fails after it has written: the command must leave nothing behind. */
#include <fengqiao.h>

static enum fq_status apply(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "INSERT INTO apply_fails(seq) VALUES(?1)", "i", e->seq);
  return fq_fail(a->error, FQ_E_INTERNAL, "apply_fails.no", "", "记不住条目 %lld",
                 "cannot remember entry %lld", (long long)e->seq);
}

static enum fq_status run(struct fq_call *c) {
  return fq_emit(c, (struct fq_draft){.kind = "bad.happened", .subject = "x"});
}

static enum fq_status count(struct fq_query *q) {
  fq_json_set_int(q->result, "rows", fq_int(q->db, -1, "SELECT count(*) FROM apply_fails", ""));
  return FQ_OK;
}

static const char *const migrations[] = {"CREATE TABLE apply_fails(seq INTEGER PRIMARY KEY)", NULL};

static const struct fq_kind kinds[] = {{"bad.happened", apply, FQ_ROLE_ALL, 0, "坏事", "bad"}, {0}};

static const struct fq_method methods[] = {
    {.name = "bad.call", .roles = FQ_ROLE_ALL, .run = run, .zh = "调用", .en = "call"},
    {.name = "bad.count", .roles = FQ_ROLE_ALL, .query = count, .zh = "计数", .en = "count"},
    {0},
};

FQ_PLUGIN = {
    FQ_PLUGIN_HEAD,   .name = "apply_fails",      .version = "0.1.0",
    .zh = "测试插件", .en = "a plugin for tests", .migrations = migrations,
    .kinds = kinds,   .methods = methods,
};
