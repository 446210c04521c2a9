/*
 * Is a plugin's table well formed by itself? Each list is walked once; the first fault is told with the list,
 * the element and what is wrong, because the reader is the plugin's author.
 * Must not know other plugins (names across them are the kernel's business) nor call into the plugin.
 * Kernel thread, before init.
 */
#include "plugin/loader.h"
#include "plugin/options.h"

#include <string.h>

enum {
  LIST_MAX = 4096, /* a list without its zeroed end would run on through memory */
  PARAM_DEPTH = 8,
};

#define BAD(path, ...) fq_fail(e, FQ_E_PARAMS, "plugin.table", path, __VA_ARGS__)

static const char lower[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

static bool word_ok(const char *s) {
  return s && s[0] >= 'a' && s[0] <= 'z' && strspn(s, lower) == strlen(s) && strlen(s) < 32;
}

/* "incident.reported": words joined by dots, at least so many. */
static bool dotted_ok(const char *s, size_t least) {
  if (!s || strlen(s) >= FQ_ID_MAX || s[0] < 'a' || s[0] > 'z') return false;
  size_t words = 0;
  for (const char *p = s; *p; p++) {
    size_t n = strspn(p, lower);
    if (n == 0) return false;
    words++;
    p += n;
    if (!*p) return words >= least;
    if (*p != '.') return false;
  }
  return false; /* ends with a dot */
}

/* "skel.skel.greet" */
static bool doubled(const char *s) {
  size_t n = strcspn(s, ".");
  return s[n] && strncmp(s + n + 1, s, n) == 0 && s[n + 1 + n] == '.';
}

static enum fq_status check_kinds(const struct fq_plugin *p, struct fq_error *e) {
  for (int i = 0; p->kinds && (p->kinds[i].name || p->kinds[i].apply); i++) {
    const struct fq_kind *k = &p->kinds[i];
    if (i == LIST_MAX)
      return BAD("kinds", "kinds 没有以全零元素结尾", "kinds does not end with a zeroed element");
    if (!k->name) return BAD("kinds", "kinds[%d] 没有名字", "kinds[%d] has no name", i);
    if (!dotted_ok(k->name, 2) || doubled(k->name))
      return BAD(k->name, "kinds[%d] 的名字 \"%s\" 不合规:应如 incident.reported",
                 "kinds[%d] has the name \"%s\": expected something like incident.reported", i, k->name);
    if (!k->apply)
      return BAD(k->name, "kind %s 没有 apply:条目没有人记住",
                 "kind %s has no apply: nobody would remember its entries", k->name);
    if (!k->zh || !k->en)
      return BAD(k->name, "kind %s 缺少 zh 或 en 说明", "kind %s lacks its zh or en line", k->name);
    if (k->roles & ~FQ_ROLE_ALL)
      return BAD(k->name, "kind %s 的 roles 含有不存在的角色", "kind %s has roles that do not exist",
                 k->name);
    if (k->flags & ~(uint32_t)(FQ_KIND_BEGINS | FQ_KIND_ENDS | FQ_KIND_QUIET))
      return BAD(k->name, "kind %s 的 flags 含有未知位", "kind %s has unknown flags", k->name);
    for (int j = 0; j < i; j++)
      if (strcmp(p->kinds[j].name, k->name) == 0)
        return BAD(k->name, "kind %s 声明了两次", "kind %s is declared twice", k->name);
  }
  return FQ_OK;
}

static enum fq_status check_also(const struct fq_plugin *p, struct fq_error *e) {
  for (int i = 0; p->also_applies && (p->also_applies[i].name || p->also_applies[i].apply); i++) {
    const struct fq_kind *k = &p->also_applies[i];
    if (i == LIST_MAX)
      return BAD("also_applies", "also_applies 没有以全零元素结尾",
                 "also_applies does not end with a zeroed element");
    if (!dotted_ok(k->name, 2))
      return BAD("also_applies", "also_applies[%d] 的名字 \"%s\" 不合规",
                 "also_applies[%d] has the bad name \"%s\"", i, k->name ? k->name : "");
    if (!k->apply)
      return BAD(k->name, "also_applies 里的 %s 没有 apply", "%s in also_applies has no apply", k->name);
    for (const struct fq_kind *own = p->kinds; own && own->name; own++)
      if (strcmp(own->name, k->name) == 0)
        return BAD(k->name, "%s 既在 kinds 又在 also_applies:会应用两次",
                   "%s is in kinds and in also_applies: it would be applied twice", k->name);
  }
  return FQ_OK;
}

static enum fq_status check_params(const char *where, const struct fq_param *params, int depth,
                                   struct fq_error *e);

static enum fq_status check_param(const char *where, const struct fq_param *m, int depth,
                                  struct fq_error *e) {
  const char *name = m->name ? m->name : "[]";
  if ((int)m->type < FQ_T_STRING || m->type > FQ_T_ANY)
    return BAD(where, "%s 的参数 %s 类型 %d 不存在", "%s: parameter %s has type %d, which does not exist",
               where, name, (int)m->type);
  if (m->min > m->max)
    return BAD(where, "%s 的参数 %s 下限大于上限", "%s: parameter %s has min above max", where, name);
  if (m->type == FQ_T_ENUM && (!m->values || !m->values[0]))
    return BAD(where, "%s 的枚举参数 %s 没有 values", "%s: enum parameter %s has no values", where, name);
  if (m->type == FQ_T_ARRAY && (!m->members || m->members[0].type == FQ_T_END))
    return BAD(where, "%s 的数组参数 %s 没有说明元素类型(members[0])",
               "%s: array parameter %s does not say of what (members[0])", where, name);
  if (m->type == FQ_T_OBJECT && !m->members)
    return BAD(where, "%s 的对象参数 %s 没有 members", "%s: object parameter %s has no members", where, name);
  if (depth >= PARAM_DEPTH) return BAD(where, "%s 的参数嵌套过深", "%s: parameters nest too deep", where);
  if (m->type == FQ_T_ARRAY) return check_param(where, &m->members[0], depth + 1, e);
  if (m->type == FQ_T_OBJECT) return check_params(where, m->members, depth + 1, e);
  return FQ_OK;
}

static enum fq_status check_params(const char *where, const struct fq_param *params, int depth,
                                   struct fq_error *e) {
  for (int i = 0; params && params[i].type != FQ_T_END; i++) {
    const struct fq_param *m = &params[i];
    if (i == LIST_MAX)
      return BAD(where, "%s 的参数表没有结尾", "%s: the list of parameters does not end", where);
    if (!m->name || !m->name[0])
      return BAD(where, "%s 的第 %d 个参数没有名字", "%s: parameter %d has no name", where, i + 1);
    if (depth == 0 && strcmp(m->name, "idem") == 0)
      return BAD(where, "%s 声明了 idem:它由内核处理", "%s declares idem: the kernel handles it", where);
    for (int j = 0; j < i; j++)
      if (strcmp(params[j].name, m->name) == 0)
        return BAD(where, "%s 的参数 %s 声明了两次", "%s: parameter %s is declared twice", where, m->name);
    enum fq_status st = check_param(where, m, depth, e);
    if (st != FQ_OK) return st;
  }
  return FQ_OK;
}

static enum fq_status check_handler(const struct fq_method *m, struct fq_error *e) {
  int handlers = !!m->run + !!m->query + !!m->volatile_run;
  const uint32_t known = FQ_INTERNAL | FQ_POLICY | FQ_SNAPSHOT | FQ_PUBLIC | FQ_SECRET | FQ_LIVE;
  if (handlers == 0)
    return BAD(m->name, "方法 %s 没有处理函数:run、query、volatile_run 须有其一",
               "method %s has no handler: one of run, query and volatile_run is needed", m->name);
  if (handlers > 1)
    return BAD(m->name, "方法 %s 有 %d 个处理函数:run、query、volatile_run 只能有一个",
               "method %s has %d handlers: only one of run, query and volatile_run may be set", m->name,
               handlers);
  if (m->flags & ~known)
    return BAD(m->name, "方法 %s 的 flags 含有未知位", "method %s has unknown flags", m->name);
  if (m->roles & ~FQ_ROLE_ALL)
    return BAD(m->name, "方法 %s 的 roles 含有不存在的角色", "method %s has roles that do not exist",
               m->name);
  if (!m->roles && !(m->flags & (FQ_INTERNAL | FQ_PUBLIC)))
    return BAD(m->name, "方法 %s 没有任何角色可调用:请设 roles,或 FQ_INTERNAL、FQ_PUBLIC",
               "nobody may call method %s: give it roles, or FQ_INTERNAL or FQ_PUBLIC", m->name);
  if ((m->flags & FQ_INTERNAL) && !m->run)
    return BAD(m->name, "内部方法 %s 须有 run:定时器只跑命令",
               "internal method %s needs run: timers run commands", m->name);
  if ((m->flags & FQ_INTERNAL) && (m->flags & (FQ_POLICY | FQ_PUBLIC)))
    return BAD(m->name, "方法 %s 是内部的,不能同时是 FQ_POLICY 或 FQ_PUBLIC",
               "method %s is internal and cannot be FQ_POLICY or FQ_PUBLIC as well", m->name);
  if ((m->flags & FQ_POLICY) && !m->run)
    return BAD(m->name, "方法 %s 标了 FQ_POLICY 却不是命令:规则只能返回命令",
               "method %s is FQ_POLICY but no command: policies return commands", m->name);
  if ((m->flags & FQ_SNAPSHOT) && !m->query)
    return BAD(m->name, "方法 %s 标了 FQ_SNAPSHOT 却不是查询", "method %s is FQ_SNAPSHOT but no query",
               m->name);
  if (m->target && m->query)
    return BAD(m->name, "查询 %s 不能有 target:请在查询里用 fq_org_within 限定范围",
               "query %s cannot have a target: bound it inside with fq_org_within", m->name);
  for (const struct fq_param *a = m->params; (m->flags & FQ_SNAPSHOT) && a && a->type != FQ_T_END; a++)
    if (a->required)
      return BAD(m->name, "快照查询 %s 有必填参数 %s:快照不带参数调用它",
                 "snapshot query %s has the required parameter %s: the snapshot calls it without any",
                 m->name, a->name ? a->name : "");
  return FQ_OK;
}

static enum fq_status check_methods(const struct fq_plugin *p, struct fq_error *e) {
  for (int i = 0; p->methods; i++) {
    const struct fq_method *m = &p->methods[i];
    if (!m->name && !m->run && !m->query && !m->volatile_run) break;
    if (i == LIST_MAX)
      return BAD("methods", "methods 没有以全零元素结尾", "methods does not end with a zeroed element");
    if (!m->name) return BAD("methods", "methods[%d] 没有名字", "methods[%d] has no name", i);
    if (!dotted_ok(m->name, 1) || doubled(m->name))
      return BAD(m->name, "methods[%d] 的名字 \"%s\" 不合规:应如 incident.report",
                 "methods[%d] has the name \"%s\": expected something like incident.report", i, m->name);
    for (int j = 0; j < i; j++)
      if (strcmp(p->methods[j].name, m->name) == 0)
        return BAD(m->name, "方法 %s 声明了两次", "method %s is declared twice", m->name);
    if (!m->zh || !m->en)
      return BAD(m->name, "方法 %s 缺少 zh 或 en 说明", "method %s lacks its zh or en line", m->name);
    enum fq_status st = check_handler(m, e);
    if (st == FQ_OK) st = check_params(m->name, m->params, 0, e);
    if (st != FQ_OK) return st;
  }
  return FQ_OK;
}

static enum fq_status check_reactions(const struct fq_plugin *p, struct fq_error *e) {
  for (int i = 0; p->reactions && (p->reactions[i].kind || p->reactions[i].fn); i++) {
    const struct fq_reaction *r = &p->reactions[i];
    if (i == LIST_MAX)
      return BAD("reactions", "reactions 没有以全零元素结尾", "reactions does not end with a zeroed element");
    if (!dotted_ok(r->kind, 2))
      return BAD("reactions", "reactions[%d] 的 kind \"%s\" 不合规", "reactions[%d] has the bad kind \"%s\"",
                 i, r->kind ? r->kind : "");
    if (!r->fn) return BAD(r->kind, "对 %s 的反应没有函数", "the reaction to %s has no function", r->kind);
  }
  return FQ_OK;
}

static enum fq_status check_views(const struct fq_plugin *p, struct fq_error *e) {
  for (int i = 0; p->views && (p->views[i].name || p->views[i].fn); i++) {
    const struct fq_view_fn *v = &p->views[i];
    if (i == LIST_MAX)
      return BAD("views", "views 没有以全零元素结尾", "views does not end with a zeroed element");
    if (!word_ok(v->name))
      return BAD("views", "views[%d] 的名字 \"%s\" 不合规:应为小写字母、数字、下划线",
                 "views[%d] has the name \"%s\": expected lower-case letters, digits, underscores", i,
                 v->name ? v->name : "");
    if (!v->fn) return BAD(v->name, "view.%s 没有函数", "view.%s has no function", v->name);
    if (!v->zh || !v->en)
      return BAD(v->name, "view.%s 缺少 zh 或 en 说明", "view.%s lacks its zh or en line", v->name);
    for (int j = 0; j < i; j++)
      if (strcmp(p->views[j].name, v->name) == 0)
        return BAD(v->name, "view.%s 声明了两次", "view.%s is declared twice", v->name);
  }
  return FQ_OK;
}

static enum fq_status check_routes(const struct fq_plugin *p, struct fq_error *e) {
  for (int i = 0; p->routes && (p->routes[i].prefix || p->routes[i].fn); i++) {
    const struct fq_route *r = &p->routes[i];
    if (i == LIST_MAX)
      return BAD("routes", "routes 没有以全零元素结尾", "routes does not end with a zeroed element");
    if (!r->prefix || r->prefix[0] != '/')
      return BAD("routes", "routes[%d] 的前缀 \"%s\" 应以 / 开头",
                 "routes[%d] has the prefix \"%s\", which does not begin with /", i,
                 r->prefix ? r->prefix : "");
    if (!r->fn) return BAD(r->prefix, "路由 %s 没有函数", "route %s has no function", r->prefix);
    for (int j = 0; j < i; j++)
      if (strcmp(p->routes[j].prefix, r->prefix) == 0)
        return BAD(r->prefix, "路由 %s 声明了两次", "route %s is declared twice", r->prefix);
  }
  return FQ_OK;
}

static enum fq_status check_metrics(const struct fq_plugin *p, struct fq_error *e) {
  char prefix[64] = "fengqiao_";
  strcat(strcat(prefix, p->name), "_");
  for (int i = 0; p->metrics && (p->metrics[i].name || p->metrics[i].read); i++) {
    const struct fq_metric *m = &p->metrics[i];
    if (i == LIST_MAX)
      return BAD("metrics", "metrics 没有以全零元素结尾", "metrics does not end with a zeroed element");
    if (!m->name || strncmp(m->name, prefix, strlen(prefix)) != 0 ||
        strspn(m->name, lower) != strlen(m->name))
      return BAD("metrics", "metrics[%d] 的名字 \"%s\" 应以 %s 开头",
                 "metrics[%d] has the name \"%s\", which does not begin with %s", i, m->name ? m->name : "",
                 prefix);
    if (!m->read) return BAD(m->name, "指标 %s 没有 read", "metric %s has no read", m->name);
    if (!m->help) return BAD(m->name, "指标 %s 没有 help", "metric %s has no help", m->name);
    for (int j = 0; j < i; j++)
      if (strcmp(p->metrics[j].name, m->name) == 0)
        return BAD(m->name, "指标 %s 声明了两次", "metric %s is declared twice", m->name);
  }
  return FQ_OK;
}

/* What a plugin and a part of it have in common. */
static enum fq_status check_lists(const struct fq_plugin *p, struct fq_error *e) {
  if (!p->version || !p->version[0]) return BAD("version", "没有 version", "has no version");
  if (!p->zh || !p->en) return BAD("zh", "缺少 zh 或 en 说明", "lacks its zh or en line");
  for (int i = 0; p->migrations && p->migrations[i]; i++)
    if (!p->migrations[i][strspn(p->migrations[i], " \t\n")])
      return BAD("migrations", "migrations[%d] 是空的", "migrations[%d] is empty", i);
  enum fq_status (*const checks[])(const struct fq_plugin *, struct fq_error *) = {
      check_kinds, check_also, check_methods, check_reactions, check_views, check_routes,
  };
  for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
    enum fq_status st = checks[i](p, e);
    if (st != FQ_OK) return st;
  }
  return FQ_OK;
}

static enum fq_status check_parts(const struct fq_plugin *p, struct fq_error *e) {
  size_t len = strlen(p->name);
  for (int i = 0; p->parts && p->parts[i]; i++) {
    const struct fq_plugin *part = p->parts[i];
    if (!part->name || strncmp(part->name, p->name, len) || part->name[len] != '.' ||
        !word_ok(part->name + len + 1))
      return BAD("parts", "parts[%d] 的名字 \"%s\" 不合规:应如 %s.whistle",
                 "parts[%d] has the name \"%s\": expected something like %s.whistle", i,
                 part->name ? part->name : "", p->name);
    if (part->options || part->self_bytes || part->metrics || part->channels || part->parts)
      return BAD(part->name, "%s 是插件的一部分:选项、状态、指标、通道和 parts 归插件本身",
                 "%s is a part: options, state, metrics, channels and parts belong to the plugin itself",
                 part->name);
    enum fq_status st = check_lists(part, e);
    if (st != FQ_OK) return st;
  }
  return FQ_OK;
}

enum fq_status fq_plugin_check(const struct fq_plugin *p, struct fq_error *e) {
  if (!word_ok(p->name))
    return BAD("name", "name 为 \"%s\":应为小写字母、数字、下划线,至多 31 个",
               "name is \"%s\": expected lower-case letters, digits and underscores, at most 31",
               p->name ? p->name : "");
  enum fq_status (*const checks[])(const struct fq_plugin *, struct fq_error *) = {check_lists, check_metrics,
                                                                                   check_parts};
  for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
    enum fq_status st = checks[i](p, e);
    if (st != FQ_OK) return st;
  }
  return fq_options_check(p->options, p->self_bytes, e);
}
