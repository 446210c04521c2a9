/* What Lua says, in Chinese: every sentence by provoking it in the very Lua that runs policies. */
#include "fake.h"

#include <stdio.h>

#include "base/mem.h"
#include "policy/message.h"

static const struct {
  const char *body, *zh;
} cases[] = {
    {"local x = e.nothing.y", "不能从空值(nil)中取成员(字段 'nothing' 是空值(nil))"},
    {"local t = {} t.f()", "空值(nil)不能当函数调用(字段 'f' 是空值(nil))"},
    {"local s = 'x' s:nothing()", "空值(nil)不能当函数调用(方法 'nothing' 是空值(nil))"},
    {"local x = e.title + 1 return x", "%"},
    {"local n local x = n + 1", "空值(nil)不能参加计算(局部变量 'n' 是空值(nil))"},
    {"local n = {} local x = 'a' .. n", "表不能用 .. 连接(局部变量 'n' 是表)"},
    {"local n local x = #n", "空值(nil)没有长度(局部变量 'n' 是空值(nil))"},
    {"local x = 1 < 'a'", "数字与文字不能比大小"},
    {"local x = {} < {}", "两个表之间不能比大小"},
    {"local x = 1 // 0", "不能除以零"},
    {"local x = 1 % 0", "不能对零取余"},
    {"local x = 1.5 | 1", "不是整数,或超出整数的范围"},
    {"for i = 1, 'x' do end", "for 的终值应为数字,给的是文字"},
    {"for i = 1, 2, 0 do end", "for 的步长不能为零"},
    {"string.sub()", "sub 的第 1 个参数应为文字,给的是空"},
    {"ipairs(5)", "ipairs 的第 1 个参数应为表,给的是数字"},
    {"assert(false)", "assert 的条件不成立"},
    {"local t = {} t[nil] = 1", "表的键不能是空值 nil"},
    {"local t = {} t[0/0] = 1", "表的键不能是 NaN"},
    {"table.concat({ {} })", "concat 的列表中有表,应为文字或数字"},
    {"dispach(e)", "没有 'dispach' 这个词,是不是 'dispatch'?"},
    {"zzzzzzzz(e)", "没有 'zzzzzzzz' 这个词"},
    {"view.nearest_oficer(e)", "view 没有 'nearest_oficer',是不是 'nearest_officer'?"},
    {"for i = 1, 200 do view.echo(i) end", "向 view 问了超过 100 次"},
    {"view.nearest_officer(5)", "view.nearest_officer:应为事件"},
    {"view.echo(function() end)", "view.echo 的第 1 个参数:% 函数不能作为数据"},
    {"string.rep('x', 1e9)", "rep 得到的文字超过 262144 字节"},
    {"tonumber('7', 8)", "tonumber 只有十进制"},
    {"error('自己的话')", "自己的话"},
    /* the compiler's */
    {"local t = { 1, 2", "%缺少 '}'%附近"},
    {"local = 5", "语法错误:这里应为一个名字,在 '=' 附近"},
    {"x = = 1", "语法错误:这里不该有这个符号,在 '=' 附近"},
    {"local s = \"abc", "语法错误:文字没有结束,缺少引号,在 %附近"},
    {"local n = 3x", "语法错误:数字写得不对,在 '3x' 附近"},
    {"local c <const> = 1 c = 2", "语法错误:常量 'c' 不能再赋值"},
    {"goto nowhere", "语法错误:第 % 行的 goto 找不到标签 'nowhere'%"},
    {"break", "语法错误:第 % 行的 break 不在循环里%"},
    {"if e then", "%"},
    {"local s = '\\q'", "语法错误:文字中的转义%"},
    {"f(1", "%缺少 ')'%"},
    {"--[[ never closed", "语法错误:第 % 行开始的长注释没有结束,缺少 ]],在 文件末尾 附近"},
};

/* '%' in what is expected stands for anything. */
static bool like(const char *pattern, const char *text) {
  if (*pattern == '%') {
    for (; *text; text++)
      if (like(pattern + 1, text)) return true;
    return like(pattern + 1, text);
  }
  return *pattern == *text && (!*text || like(pattern + 1, text + 1));
}

static bool chinese(const char *s) {
  for (; *s; s++)
    if ((unsigned char)*s >= 0xe4) return true;
  return false;
}

static void every_sentence(void **state) {
  (void)state;
  struct fq_host *h = fake_host();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[1000], zh[320];
    snprintf(text, sizeof text,
             "return policy { name='p', on={ ['incident.reported']=function(e, view)\n%s\nend } }",
             cases[i].body);
    struct fq_findings f = {0};
    struct fq_version *v = fq_version_compile(h, "p.lua", text, false, &f);
    if (v) {
      struct fq_decision d = fake_decide(h, v, NULL);
      assert_int_equal(d.exit, FQ_EXIT_RUNTIME);
      fq_copy(zh, sizeof zh, d.zh);
      fq_decision_clear(&d);
    } else {
      fq_copy(zh, sizeof zh, f.list[0].zh);
    }
    if (!like(cases[i].zh, zh) || !chinese(zh)) fail_msg("%s:\n  %s\n  %s", cases[i].body, zh, cases[i].zh);
    fq_findings_free(&f);
    fq_version_free(v);
  }
  fq_host_free(h);
}

static void says(const char *en, const char *zh) {
  char out[320];
  fq_message_zh(en, out, sizeof out);
  assert_string_equal(out, zh);
}

static void what_is_not_known_stays(void **state) {
  (void)state;
  says("", "");
  says("%1", "%1");
  says("something else", "something else");
  says("nothing near here", "nothing near here");
  says("my own words near ", "my own words near ");
  says("'}' expected (to close '{' at line 3) near 'x near y'",
       "缺少 '}'(第 3 行的 '{' 还没有结束),在 'x near y' 附近");
  says("attempt to index a nil value (field '?')", "不能从空值(nil)中取成员(字段 '?' 是空值(nil))");
  says("bad argument #2 to 'sub' (number has no integer representation)", "sub 的第 2 个参数应为整数");
  char small[8];
  fq_message_zh("assertion failed!", small, sizeof small);
  assert_string_equal(small, "assert "); /* cut between characters */
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_sentence),
                                     cmocka_unit_test(what_is_not_known_stays)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
