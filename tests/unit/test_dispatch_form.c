/* Forms: versions, what a pack brings under what the county says, what is wrong with one, and the answers on
 * an incident. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch_world.h"

#define TICKS                                                                                                       \
  "{'id':'hurt','kind':'tick','zh':'有人受伤','en':'hurt'},{'id':'what','kind':'choice','zh':'烧的是','en':" \
  "'burns','required':true,'options':[{'value':'woods','zh':'山林','en':'woods'},{'value':'house','zh':"          \
  "'房屋','en':'a house'}]}"
#define ASKS                                                                                                    \
  TICKS ",{'id':'many','kind':'number','zh':'几人','en':'how many','min':1,'max':50,'when':{'field':"         \
        "'hurt','is':true}},{'id':'pics','kind':'photo','zh':'照片','en':'pictures','max':2},{'id':'tags',"   \
        "'kind':'choices','zh':'可见','en':'seen','options':[{'value':'smoke','zh':'烟'},{'value':'flame',"  \
        "'zh':'火'}],'max':1},{'id':'where','kind':'place','zh':'起点','en':'origin'},{'id':'day','kind':"   \
        "'date','zh':'日期','en':'day'},{'id':'note','kind':'text','zh':'备注','en':'note','max':5},{'id':" \
        "'w','kind':'tick','zh':'大风','en':'wind','when':{'field':'what','is':['woods']}}"
#define FIRE "'id':'fire','category':'fire','zh':'火情','en':'Fire','fields':[" ASKS "]"
#define SHA  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* JSON is easier to read in C with ' for ". */
static char *quoted(const char *text) {
  static char out[4][9000];
  static int turn;
  char *o = out[turn++ % 4];
  snprintf(o, sizeof out[0], "%s", text);
  for (char *p = o; *p; p++)
    if (*p == '\'') *p = '"';
  return o;
}

static void set(const char *form) {
  act("admin", "form.set", "%s", quoted(form));
}
static void bad(const char *fields, const char *code, const char *path) {
  char text[4000];
  snprintf(text, sizeof text, "{'form':{'id':'x','zh':'某','en':'some','fields':[%s]}}", fields);
  refused("admin", "form.set", FQ_E_PARAMS, code, "%s", quoted(text));
  assert_string_equal(w.error.path, path);
  assert_true(w.error.zh[0] && w.error.en[0] && strcmp(w.error.zh, w.error.en));
}
static const char *answer(const char *values) {
  static char text[2000];
  snprintf(text, sizeof text,
           "{'category':'fire','title':'火','grid':'" GRID_A1
           "','form':{'id':'fire','version':1,'values':%s}}",
           values);
  return quoted(text);
}
static void wrong(const char *values, const char *code, const char *path) {
  refused("officer-a1", "incident.report", FQ_E_PARAMS, code, "%s", answer(values));
  assert_string_equal(w.error.path, path);
}
static int64_t version_of(const char *id) {
  fq_json_each(r, fq_json_get(act("officer-a1", "form.list", "{}"), "rows")) {
    if (!strcmp(fq_json_str(r, "id"), id)) return fq_json_int(r, "version", -1);
  }
  return 0;
}

static void what_is_wrong_with_a_form(void **state) {
  bad("{'id':'a','kind':'slider','zh':'甲','en':'a'}", "form.kind", "params.form.fields[0].kind");
  bad("{'id':'a','kind':'tick','en':'a'}", "form.words", "params.form.fields[0].zh");
  bad("{'id':'a b','kind':'tick','zh':'甲','en':'a'}", "form.id", "params.form.fields[0].id");
  bad("{'id':'a','kind':'tick','zh':'甲','en':'a'},{'id':'a','kind':'tick','zh':'乙','en':'b'}", "form.id",
      "params.form.fields[1].id");
  bad("{'id':'a','kind':'tick','zh':'甲','en':'a','hidden':true}", "form.member",
      "params.form.fields[0].hidden");
  bad("{'id':'a','kind':'choice','zh':'甲','en':'a'}", "form.options", "params.form.fields[0].options");
  bad("{'id':'a','kind':'tick','zh':'甲','en':'a','options':[]}", "form.options",
      "params.form.fields[0].options");
  bad("{'id':'a','kind':'choice','zh':'甲','en':'a','options':[{'value':'x','zh':'甲'},{'value':'x','zh':'乙'"
      "}]"
      "}",
      "form.value", "params.form.fields[0].options[1].value");
  bad("{'id':'a','kind':'number','zh':'甲','en':'a','min':5,'max':4}", "form.bounds",
      "params.form.fields[0].max");
  bad("{'id':'a','kind':'tick','zh':'甲','en':'a','max':4}", "form.bounds", "params.form.fields[0].max");
  bad("{'id':'a','kind':'text','zh':'甲','en':'a','unit':'m'}", "form.unit", "params.form.fields[0].unit");
  /* conditions that can never hold */
  bad("{'id':'a','kind':'tick','zh':'甲','en':'a','when':{'field':'b','is':true}},"
      "{'id':'b','kind':'tick','zh':'乙','en':'b'}",
      "form.unreachable", "params.form.fields[0].when");
  bad(TICKS ",{'id':'c','kind':'tick','zh':'丙','en':'c','when':{'field':'what','is':'car'}}",
      "form.unreachable", "params.form.fields[2].when");
  bad("{'id':'a','kind':'text','zh':'甲','en':'a'},{'id':'b','kind':'tick','zh':'乙','en':'b','when':{'field'"
      ":"
      "'a','is':'x'}}",
      "form.when", "params.form.fields[1].when");
  refused("admin", "form.set", FQ_E_PARAMS, "form.fields", "%s",
          quoted("{'form':{'id':'x','zh':'某','en':'s','fields':[]}}"));
  refused("dispatcher", "form.set", FQ_E_FORBIDDEN, "role", "%s", quoted("{'form':{" FIRE "}}"));
  assert_int_equal(entries("form.set"), 0);
}

static void advice_on_a_form(void **state) {
  const fq_json *r = act("admin", "form.check", "%s", quoted("{'form':{" FIRE "}}"));
  assert_true(fq_json_bool(r, "ok", false));
  assert_true(fq_json_num(r, "tick_ratio", 0) > 0.57 && fq_json_num(r, "tick_ratio", 0) < 0.58); /* 4 of 7 */
  bool ticks = false, language = false;
  fq_json_each(f, fq_json_get(r, "findings")) {
    ticks |= !strcmp(fq_json_str(f, "code"), "form.ticks");
    language |= !strcmp(fq_json_str(f, "path"), "fields[4].options[0].en");
    assert_false(fq_json_bool(f, "wrong", true));
  }
  assert_true(ticks && language);
  r = act("admin", "form.check", "%s", quoted("{'form':{'id':'x','zh':'某','en':'s','fields':[" TICKS "]}}"));
  assert_int_equal(fq_json_size(fq_json_get(r, "findings")), 0);
  assert_true(fq_json_num(r, "tick_ratio", 0) == 1);
  r = act("admin", "form.check", "{\"form\":7}");
  assert_false(fq_json_bool(r, "ok", true));
}

static void fields_that_nobody_fills_in(void **state) {
  set("{'form':{" FIRE "}}");
  for (int i = 0; i < 25; i++)
    act("officer-a1", "incident.report", "%s", answer("{'what':'house','hurt':false,'day':'2026-11-22'}"));
  const fq_json *r = act("admin", "form.check", "%s", quoted("{'form':{" FIRE "}}"));
  const fq_json *used = fq_json_get(r, "used");
  assert_int_equal(fq_json_int(used, "reports", 0), 25);
  int unused = 0;
  fq_json_each(f, fq_json_get(r, "findings")) unused += !strcmp(fq_json_str(f, "code"), "form.unused");
  assert_int_equal(unused, 7); /* all but what and day: a tick that is not set says nothing */
  /* Only the last hundred count. */
  for (int i = 0; i < 100; i++)
    act("officer-a1", "incident.report", "%s", answer("{'what':'house','hurt':true,'many':2}"));
  r = act("admin", "form.check", "%s", quoted("{'form':{" FIRE "}}"));
  used = fq_json_get(r, "used");
  assert_int_equal(fq_json_int(used, "reports", 0), 100);
  fq_json_each(f, fq_json_get(used, "fields")) {
    if (!strcmp(fq_json_str(f, "id"), "day")) assert_int_equal(fq_json_int(f, "filled", -1), 0);
    if (!strcmp(fq_json_str(f, "id"), "many")) assert_int_equal(fq_json_int(f, "filled", -1), 100);
  }
}

static void answers_are_what_is_asked(void **state) {
  set("{'form':{" FIRE "}}");
  wrong("{}", "form.value", "params.form.values.what");
  assert_non_null(strstr(w.error.zh, "烧的是"));
  assert_non_null(strstr(w.error.en, "burns"));
  wrong("{'what':'car'}", "form.value", "params.form.values.what");
  wrong("{'what':'house','who':1}", "form.field", "params.form.values.who");
  wrong("{'what':'house','hurt':'yes'}", "form.value", "params.form.values.hurt");
  wrong("{'what':'house','many':3}", "form.value", "params.form.values.many"); /* not asked: nobody is hurt */
  wrong("{'what':'house','w':true}", "form.value", "params.form.values.w");    /* only of woods */
  wrong("{'what':'house','hurt':true,'many':51}", "form.value", "params.form.values.many");
  wrong("{'what':'house','hurt':true,'many':'3'}", "form.value", "params.form.values.many");
  wrong("{'what':'house','pics':['x']}", "form.value", "params.form.values.pics");
  wrong("{'what':'house','tags':['smoke','smoke']}", "form.value", "params.form.values.tags");
  wrong("{'what':'house','tags':['smoke','flame']}", "form.value", "params.form.values.tags");
  wrong("{'what':'house','where':{'lon':200,'lat':27}}", "form.value", "params.form.values.where");
  wrong("{'what':'house','day':'22.11.2026'}", "form.value", "params.form.values.day");
  wrong("{'what':'house','note':'一二三四五六'}", "form.value", "params.form.values.note");
  wrong("{'what':'house','note':''}", "form.value", "params.form.values.note");
  refused("officer-a1", "incident.report", FQ_E_PARAMS, "form.unknown", "%s",
          quoted("{'category':'fire','title':'火','form':{'id':'fire','version':2,'values':{}}}"));
  refused(
      "officer-a1", "incident.report", FQ_E_PARAMS, "form.category", "%s",
      quoted("{'category':'flood','title':'水','form':{'id':'fire','version':1,'values':{'what':'house'}}}"));
  assert_int_equal(entries("incident.reported"), 0);
}

static void answers_stay_with_the_incident(void **state) {
  char id[FQ_ID_MAX];
  set("{'form':{" FIRE "}}");
  keep(id,
       fq_json_str(act("officer-a1", "incident.report", "%s",
                       answer("{'what':'woods','hurt':true,'many':3,'w':true,'pics':['" SHA "'],'where':"
                              "{'lon':110.5,'lat':27.1},'tags':['smoke'],'day':'2026-11-22','note':'好'}")),
                   "id"));
  const fq_json *form = fq_json_get(incident(id), "form");
  assert_string_equal(fq_json_str(form, "id"), "fire");
  assert_string_equal(fq_json_str(form, "by"), "officer-a1");
  assert_int_equal(fq_json_int(fq_json_get(form, "values"), "many", 0), 3);
  /* pictures among the answers are the incident's */
  assert_string_equal(fq_json_as_str(fq_json_first(fq_json_get(incident(id), "attachments"))), SHA);

  /* a later version; what was made from the earlier one is refused, answers to it are taken */
  set("{'version':1,'note':'少问','form':{'id':'fire','category':'fire','zh':'火情','en':'Fire','fields':"
      "[" TICKS "]}}");
  assert_int_equal(version_of("fire"), 2);
  refused("admin", "form.set", FQ_E_CONFLICT, "form.changed", "%s",
          quoted("{'version':1,'form':{" FIRE "}}"));
  char text[400];
  snprintf(text, sizeof text, "{'id':'%s','form':{'id':'fire','version':1,'values':{'what':'house'}}}", id);
  act("officer-a1", "incident.fill", "%s", quoted(text));
  form = fq_json_get(incident(id), "form");
  assert_string_equal(fq_json_str(fq_json_get(form, "values"), "what"), "house");
  assert_null(fq_json_get(incident(id), "forms"));
  refused("officer-b1", "incident.fill", FQ_E_FORBIDDEN, "incident.foreign", "%s", quoted(text));

  /* a form for any category beside it */
  set("{'form':{'id':'any','zh':'通用','en':'Any','fields':[{'id':'seen','kind':'tick','zh':'见到','en':'"
      "seen'}]}}");
  snprintf(text, sizeof text, "{'id':'%s','form':{'id':'any','version':1,'values':{'seen':true}}}", id);
  act("dispatcher", "incident.fill", "%s", quoted(text));
  assert_int_equal(fq_json_size(fq_json_get(incident(id), "forms")), 2);
  assert_string_equal(fq_json_str(fq_json_get(incident(id), "form"), "id"), "any");
  assert_int_equal(
      fq_json_size(fq_json_get(act("officer-a1", "form.list", "{\"category\":\"flood\"}"), "rows")), 1);
  assert_int_equal(
      fq_json_size(fq_json_get(act("officer-a1", "form.list", "{\"category\":\"fire\"}"), "rows")), 2);

  /* retired: no longer asked, but what was answered can still be read */
  act("admin", "form.retire", "{\"id\":\"fire\",\"note\":\"并入通用\"}");
  assert_int_equal(version_of("fire"), 0);
  refused("admin", "form.retire", FQ_E_CONFLICT, "form.retired", "{\"id\":\"fire\"}");
  refused("admin", "form.retire", FQ_E_NOT_FOUND, "form.unknown", "{\"id\":\"nothing\"}");
  assert_int_equal(fq_json_size(fq_json_get(act("admin", "form.list", "{\"retired\":true}"), "rows")), 2);
  const fq_json *r = act("officer-a1", "form.open", "{\"id\":\"fire\",\"version\":1}");
  assert_int_equal(fq_json_size(fq_json_get(r, "fields")), 9);
  assert_int_equal(fq_json_size(fq_json_get(r, "versions")), 2);
  refused("officer-a1", "form.open", FQ_E_NOT_FOUND, "form.unknown", "{\"id\":\"fire\",\"version\":9}");
  restart();
  assert_int_equal(fq_json_size(fq_json_get(incident(id), "forms")), 2);
  rebuild_gives_the_same();
}

/* -- what a pack brings */

static void deploy(const char *version, const char *form) {
  fq_json *files = fq_json_object(), *params = fq_json_object();
  char text[200];
  snprintf(text, sizeof text, "name = \"p\"\nversion = \"%s\"\npolicies = {}\n", version);
  fq_json_set_str(files, "pack.lua", text);
  if (form) fq_json_set_str(files, "forms/fire.json", quoted(form));
  fq_json_set_str(params, "pack", "p");
  fq_json_set(params, "files", files);
  char *printed = fq_json_print(params);
  act("admin", "pack.deploy", "%s", printed);
  free(printed);
  fq_json_free(params);
}

static void a_packs_forms(void **state) {
  static const char one[] = "{'id':'fire','category':'fire','zh':'火情','en':'Fire','fields':[" TICKS "]}";
  static const char two[] = "{" FIRE "}";
  deploy("1", one);
  assert_int_equal(version_of("fire"), 1);
  deploy("2", one); /* as it was: no version for nothing */
  assert_int_equal(version_of("fire"), 1);
  deploy("3", two);
  assert_int_equal(version_of("fire"), 2);
  set("{'form':{'id':'fire','category':'fire','zh':'本县火情','en':'Our fire','fields':[" TICKS "]}}");
  assert_int_equal(version_of("fire"), 3);
  deploy("4", one); /* under the county's own */
  assert_int_equal(version_of("fire"), 3);
  const fq_json *r = act("admin", "form.retire", "{\"id\":\"fire\"}");
  assert_int_equal(fq_json_int(r, "version", 0), 4); /* the pack's comes back */
  assert_int_equal(version_of("fire"), 4);
  deploy("5", NULL);
  assert_int_equal(version_of("fire"), 0);
  act("admin", "policy.rollback", "{\"pack\":\"p\"}"); /* to 4, with its form */
  assert_int_equal(version_of("fire"), 5);
  act("admin", "form.retire", "{\"id\":\"fire\"}"); /* by hand: the same again does not bring it back */
  deploy("6", one);
  assert_int_equal(version_of("fire"), 0);
  rebuild_gives_the_same();
}

static void a_pack_with_a_bad_form(void **state) {
  fq_json *files = fq_json_object(), *params = fq_json_object();
  fq_json_set_str(files, "pack.lua", "name = \"p\"\nversion = \"1\"\npolicies = {}\n");
  fq_json_set_str(files, "forms/a.json",
                  quoted("{'id':'a','zh':'甲','en':'a','fields':[{'id':'x','kind':'dial'}]}"));
  fq_json_set_str(files, "forms/b.json", "{");
  fq_json_set_str(files, "forms/c.json", quoted("{'id':'a','zh':'甲','en':'a','fields':[" TICKS "]}"));
  fq_json_set(params, "files", files);
  fq_json_set_str(params, "pack", "p");
  char *printed = fq_json_print(params);
  const fq_json *r = act("admin", "pack.check", "%s", printed);
  assert_false(fq_json_bool(r, "ok", true));
  int a = 0, b = 0, c = 0;
  fq_json_each(f, fq_json_get(r, "findings")) {
    const char *path = fq_json_str(f, "path");
    a += !strcmp(path, "forms/a.json");
    b += !strcmp(path, "forms/b.json");
    c += !strcmp(path, "forms/c.json");
  }
  assert_int_equal(a, 2); /* the kind and the words */
  assert_int_equal(b, 1);
  assert_int_equal(c, 1); /* the id is taken */
  refused("admin", "pack.deploy", FQ_E_PARAMS, "pack.invalid", "%s", printed);
  free(printed);
  fq_json_free(params);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(what_is_wrong_with_a_form, world_open, world_close),
      cmocka_unit_test_setup_teardown(advice_on_a_form, world_open, world_close),
      cmocka_unit_test_setup_teardown(fields_that_nobody_fills_in, world_open, world_close),
      cmocka_unit_test_setup_teardown(answers_are_what_is_asked, world_open, world_close),
      cmocka_unit_test_setup_teardown(answers_stay_with_the_incident, world_open_on_disk, world_close),
      cmocka_unit_test_setup_teardown(a_packs_forms, world_open_on_disk_with_policies, world_close),
      cmocka_unit_test_setup_teardown(a_pack_with_a_bad_form, world_open_with_policies, world_close),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
