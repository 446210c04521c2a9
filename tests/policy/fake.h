/* A module of incidents that do nothing: what the host needs to know of a real one. */
#ifndef FQ_TEST_FAKE_H
#define FQ_TEST_FAKE_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "policy/host.h"

static int fake_asked;

static enum fq_status fake_run(struct fq_call *c) {
  (void)c;
  return FQ_OK;
}
static enum fq_status fake_nearest(struct fq_view *v) {
  const fq_json *incident = fq_json_first(v->args);
  fake_asked++;
  if (fq_json_type(incident) != FQ_JSON_OBJECT)
    return fq_fail(v->error, FQ_E_PARAMS, "view.args", "", "应为事件", "expected an incident");
  if (!fq_json_str(incident, "grid")) return FQ_OK;
  v->answer = fq_json_object();
  fq_json_set_str(v->answer, "user", "officer-0001");
  fq_json_set_num(v->answer, "distance_m", 12.5);
  return FQ_OK;
}
static enum fq_status fake_echo(struct fq_view *v) {
  v->answer = fq_json_dup(v->args);
  return FQ_OK;
}

static const struct fq_kind fake_kinds[] = {{.name = "incident.reported", .flags = FQ_KIND_BEGINS},
                                            {.name = "incident.closed", .flags = FQ_KIND_ENDS},
                                            {.name = "clock.breached"},
                                            {.name = "note.kept", .flags = FQ_KIND_QUIET},
                                            {0}};
static const struct fq_method fake_methods[] = {
    {.name = "incident.dispatch", .flags = FQ_POLICY, .run = fake_run},
    {.name = "incident.escalate", .flags = FQ_POLICY, .run = fake_run},
    {.name = "user.add", .run = fake_run},
    {0}};
static const struct fq_view_fn fake_views[] = {
    {.name = "nearest_officer", .fn = fake_nearest}, {.name = "echo", .fn = fake_echo}, {0}};
static const char fake_lua[] =
    "function dispatch(i, o, note) return command('incident.dispatch', {id=i.id, to={{user=o.user}}, "
    "note=note}) end\n"
    "function escalate(i, to, why) return command('incident.escalate', {id=i.id, to=to, reason=why}) end\n"
    "clauses.clocks = function(p, on)\n"
    "  if type(p.clocks) ~= 'table' then refuse('clocks', '应为表', 'must be a table') end\n"
    "  for name, c in pairs(p.clocks) do\n"
    "    if type(c.limit) ~= 'number' then refuse('clocks.'..name..'.limit', '要有 limit', 'limit is "
    "needed') end\n"
    "    on('incident.' .. c.from, function(e) return command('incident.escalate', {clock=name, at=e.at + "
    "c.limit}) end)\n"
    "  end\n"
    "end\n";
static const struct fq_plugin fake_plugin = {
    FQ_PLUGIN_HEAD,          .name = "fake",      .version = "1", .kinds = fake_kinds,
    .methods = fake_methods, .views = fake_views, .lua = fake_lua};
static const struct fq_module fake_module = {&fake_plugin, NULL};

__attribute__((unused)) static struct fq_host *fake_host(void) {
  struct fq_error e = {0};
  struct fq_host *h = fq_host_new(&fake_module, 1, NULL, &e);
  if (!h) fail_msg("%s", e.en);
  return h;
}

__attribute__((unused)) static struct fq_version *fake_compile(struct fq_host *h, const char *path,
                                                               const char *text) {
  struct fq_findings f = {0};
  struct fq_version *v = fq_version_compile(h, path, text, false, &f);
  if (!v) fail_msg("%s:%d: %s", f.list[0].path, f.list[0].line, f.list[0].en);
  fq_findings_free(&f);
  return v;
}

__attribute__((unused)) static struct fq_decision fake_decide(struct fq_host *h, const struct fq_version *v,
                                                              const fq_json *answers) {
  static const char data_text[] =
      "{\"category\":\"fire\",\"level\":2,\"title\":\"浓烟\",\"seq\":99,\"tags\":[]}";
  static const char context_text[] =
      "{\"incident\":{\"id\":\"i7\",\"category\":\"fire\",\"grid\":\"g1\",\"tasks\":[]}}";
  fq_json *data = fq_json_parse(data_text, strlen(data_text), NULL);
  fq_json *context = fq_json_parse(context_text, strlen(context_text), NULL);
  struct fq_entry e = {.seq = 7,
                       .at_ms = 1000,
                       .kind = "incident.reported",
                       .subject = "i7",
                       .org = "430525",
                       .audience = "",
                       .actor = "officer-0001",
                       .data = data};
  struct fq_question q = {.entry = &e, .context = context, .answers = answers};
  struct fq_decision d;
  fq_decide(h, v, &q, &d);
  fq_json_free(data);
  fq_json_free(context);
  return d;
}

#endif
