/* Lua's messages in Chinese: see message.h. A table of patterns; %1 to %4 stand for what lies between. */
#include "policy/message.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define PARTS 4

/* The first that fits is taken, so what is more particular comes first. In `zh`, %1 is translated as a word
 * when it is one, and copied otherwise. */
static const struct {
  const char *en, *zh;
} sentences[] = {
    /* at run time */
    {"attempt to index a %1 value (%2 '%3')", "不能从%1中取成员(%2 '%3' 是%1)"},
    {"attempt to index a %1 value", "不能从%1中取成员"},
    {"attempt to call a %1 value (%2 '%3')", "%1不能当函数调用(%2 '%3' 是%1)"},
    {"attempt to call a %1 value", "%1不能当函数调用"},
    {"attempt to perform arithmetic on a %1 value (%2 '%3')", "%1不能参加计算(%2 '%3' 是%1)"},
    {"attempt to perform arithmetic on a %1 value", "%1不能参加计算"},
    {"attempt to perform bitwise operation on a %1 value (%2 '%3')", "%1不能作位运算(%2 '%3' 是%1)"},
    {"attempt to perform bitwise operation on a %1 value", "%1不能作位运算"},
    {"attempt to concatenate a %1 value (%2 '%3')", "%1不能用 .. 连接(%2 '%3' 是%1)"},
    {"attempt to concatenate a %1 value", "%1不能用 .. 连接"},
    {"attempt to get length of a %1 value (%2 '%3')", "%1没有长度(%2 '%3' 是%1)"},
    {"attempt to get length of a %1 value", "%1没有长度"},
    {"attempt to compare two %1 values", "两个%1之间不能比大小"},
    {"attempt to compare %1 with %2", "%1与%2不能比大小"},
    {"attempt to perform 'n//0'", "不能除以零"},
    {"attempt to perform 'n%%%%0'", "不能对零取余"},
    {"attempt to perform 'n%%0'", "不能对零取余"},
    {"attempt to divide by zero", "不能除以零"},
    {"attempt to assign to const variable '%1'", "常量 '%1' 不能再赋值"},
    {"number has no integer representation", "不是整数,或超出整数的范围"},
    {"number%1 has no integer representation", "数字%1不是整数,或超出整数的范围"},
    {"bad 'for' %1 (number expected, got %2)", "for 的%1应为数字,给的是%2"},
    {"'for' initial value must be a number", "for 的初值应为数字"},
    {"'for' limit must be a number", "for 的终值应为数字"},
    {"'for' step must be a number", "for 的步长应为数字"},
    {"'for' step is zero", "for 的步长不能为零"},
    {"bad argument #%1 to '%2' (%3 expected, got %4)", "%2 的第 %1 个参数应为%3,给的是%4"},
    {"bad argument #%1 to '%2' (value expected)", "%2 缺少第 %1 个参数"},
    {"bad argument #%1 to '%2' (index out of range)", "%2 的第 %1 个参数超出范围"},
    {"bad argument #%1 to '%2' (position out of bounds)", "%2 的第 %1 个参数超出列表的范围"},
    {"bad argument #%1 to '%2' (number has no integer representation)", "%2 的第 %1 个参数应为整数"},
    {"calling '%1' on bad self", "'%1' 的调用对象不对"},
    {"assertion failed!", "assert 的条件不成立"},
    {"table index is nil", "表的键不能是空值 nil"},
    {"table index is NaN", "表的键不能是 NaN"},
    {"table overflow", "表太大"},
    {"string length overflow", "文字太长"},
    {"resulting string too large", "得到的文字太长"},
    {"stack overflow%1", "调用层数太多(函数没完没了地调用自己?)"},
    {"C stack overflow", "嵌套太深"},
    {"error in error handling", "处理错误时又出了错"},
    {"invalid order function for sorting", "排序的比较函数自相矛盾"},
    {"invalid value (at index %1) in table for 'concat'", "concat 的列表中第 %1 项不是文字或数字"},
    {"invalid value (%1) at index %2 in table for 'concat'", "concat 的列表中第 %2 项是%1,应为文字或数字"},
    {"unknown word '%1', did you mean '%2'?", "没有 '%1' 这个词,是不是 '%2'?"},
    {"unknown word '%1'", "没有 '%1' 这个词"},
    {"view has no '%1', did you mean '%2'?", "view 没有 '%1',是不是 '%2'?"},
    {"view has no '%1'", "view 没有 '%1'"},
    {"more than %1 questions to view", "向 view 问了超过 %1 次"},
    {"keys must be numbers or strings here, not %1", "这里的键应为数字或文字,不能是%1"},
    /* the sandbox's own */
    {"only base 10 here", "这里只有十进制"},
    {"too many pieces to concat", "concat 的项太多"},
    {"cannot concat a %1 value", "concat 的列表中有%1,应为文字或数字"},
    {"concat makes a text of more than %1 bytes", "concat 得到的文字超过 %1 字节"},
    {"rep makes a text of more than %1 bytes", "rep 得到的文字超过 %1 字节"},
    {"wrong number of arguments to 'insert'", "insert 的参数个数不对"},
    {"format text of more than %1 bytes", "format 的格式超过 %1 字节"},
    {"format: only %1 with short widths", "format 只认 %1,宽度不能太大"},
    {"format makes too long a text", "format 得到的文字太长"},
    {"bad argument #%1 to '%2' (no value)", "%2 缺少第 %1 个参数"},
    {"bad argument #%1 to '%2' (empty separator)", "%2 的分隔符是空的"},
    {"bad argument #%1 to '%2' (only base 10 here)", "%2 只有十进制"},
    {"policy takes a table: policy { name = ..., on = { ... } }",
     "policy 的参数应为一张表:policy { name = ..., on = { ... } }"},
    {"view.%1: only while deciding", "view.%1 只能在作决定时用"},
    {"bad argument #%1 to '%2' (%3)", "%2 的第 %1 个参数不对:%3"},
    {"the error object is a table", "错误对象是一张表"},
    {"attempt to load a %1 chunk (mode is 't')", "应为文本,不能是编译过的代码"},
    /* while compiling; `near` is split off before */
    {"%1 expected (to close %2 at line %3)", "缺少 %1(第 %3 行的 %2 还没有结束)"},
    {"<name> expected", "这里应为一个名字"},
    {"unexpected symbol", "这里不该有这个符号"},
    {"unfinished string", "文字没有结束,缺少引号"},
    {"unfinished long string (starting at line %1)", "第 %1 行开始的长文字没有结束,缺少 ]]"},
    {"unfinished long comment (starting at line %1)", "第 %1 行开始的长注释没有结束,缺少 ]]"},
    {"malformed number", "数字写得不对"},
    {"invalid escape sequence '%1'", "文字中的转义 %1 不对"},
    {"invalid escape sequence", "文字中的转义不对"},
    {"hexadecimal digit expected", "应为十六进制数字"},
    {"decimal escape too large", "\\ 后面的数字太大"},
    {"UTF-8 value too large", "\\u 的数值太大"},
    {"syntax error", "这一句不成句"},
    {"cannot use '...' outside a vararg function", "只有不定参数的函数里才能用 ..."},
    {"break outside loop at line %1", "第 %1 行的 break 不在循环里"},
    {"break outside a loop at line %1", "第 %1 行的 break 不在循环里"},
    {"no visible label '%1' for goto at line %2", "第 %2 行的 goto 找不到标签 '%1'"},
    {"no visible label '%1' for <goto> at line %2", "第 %2 行的 goto 找不到标签 '%1'"},
    {"label '%1' already defined on line %2", "标签 '%1' 在第 %2 行已经有了"},
    {"<goto %1> at line %2 jumps into the scope of local '%3'",
     "第 %2 行的 goto %1 跳进了局部变量 '%3' 的范围"},
    {"too many %1 (limit is %2) in main function", "%1太多,一个文件最多 %2 个"},
    {"too many %1 (limit is %2) in function at line %3", "%1太多,第 %3 行的函数最多 %2 个"},
    {"too many C levels (limit is %1)", "嵌套太深,最多 %1 层"},
    {"chunk has too many syntax levels", "嵌套太深"},
    {"function or expression needs too many registers%1", "函数或式子太复杂,请拆开写"},
    {"control structure too long%1", "这一段控制语句太长"},
    {"constructor too long", "表太长"},
    {"unknown attribute '%1'", "没有属性 '%1'"},
    {"multiple to-be-closed variables in local list", "一句里只能有一个要关闭的变量"},
    {"%1 expected", "这里缺少 %1"},
};

static const struct {
  const char *en, *zh;
} words[] = {
    {"nil", "空值(nil)"},     {"number", "数字"},
    {"string", "文字"},       {"boolean", "真假值"},
    {"table", "表"},          {"function", "函数"},
    {"no value", "空"},       {"integer", "整数"},
    {"float", "小数"},        {"local", "局部变量"},
    {"global", "全局变量"},   {"field", "字段"},
    {"method", "方法"},       {"upvalue", "外层变量"},
    {"constant", "常量"},     {"local variables", "局部变量"},
    {"upvalues", "外层变量"}, {"number or string", "数字或文字"},
    {"C levels", "嵌套"},     {"initial value", "初值"},
    {"limit", "终值"},        {"step", "步长"},
    {"'<eof>'", "文件末尾"},  {"<eof>", "文件末尾"},
};

struct part {
  const char *at;
  size_t len;
};

/* Does the pattern fit all of the text? A part ends where what follows it in the pattern begins. */
static bool fits(const char *pattern, const char *text, struct part parts[PARTS]) {
  for (; *pattern; pattern++) {
    if (pattern[0] != '%' || pattern[1] < '1' || pattern[1] > '0' + PARTS) {
      if (pattern[0] == '%' && pattern[1] == '%') pattern++;
      if (*text != *pattern) return false;
      text++;
      continue;
    }
    struct part *p = &parts[pattern[1] - '1'];
    const char *rest = pattern + 2;
    size_t literal = strcspn(rest, "%");
    char *until = fq_strndup(rest, literal);
    const char *end = literal ? strstr(text, until) : text + strlen(text);
    free(until);
    if (!end || (end == text && literal)) return false;
    *p = (struct part){text, (size_t)(end - text)};
    text = end;
    pattern++;
  }
  return !*text;
}

static void add_part(struct fq_buf *b, const struct part *p) {
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strlen(words[i].en) == p->len && !memcmp(words[i].en, p->at, p->len)) {
      fq_buf_str(b, words[i].zh);
      return;
    }
  fq_buf_add(b, p->at, p->len);
}

/* False when no sentence fits. */
static bool translate(struct fq_buf *b, const char *text) {
  for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
    struct part parts[PARTS] = {{0}};
    if (!fits(sentences[i].en, text, parts)) continue;
    for (const char *p = sentences[i].zh; *p; p++)
      if (p[0] == '%' && p[1] >= '1' && p[1] <= '0' + PARTS)
        add_part(b, &parts[*++p - '1']);
      else
        fq_buf_add(b, p, 1);
    return true;
  }
  return false;
}

void fq_message_zh(const char *en, char *out, size_t cap) {
  struct fq_buf b = {0};
  const char *seen = strstr(en, " near "); /* the compiler ends with what it saw: "'}' expected near 'x'" */
  char *head = seen ? fq_strndup(en, (size_t)(seen - en)) : NULL;
  if (head && translate(&b, head)) {
    const char *token = seen + strlen(" near ");
    fq_buf_str(&b, ",在 ");
    add_part(&b, &(struct part){token, strlen(token)});
    fq_buf_str(&b, " 附近");
  } else if (!translate(&b, en)) {
    fq_buf_str(&b, en);
  }
  fq_copy(out, cap, b.data ? b.data : "");
  fq_buf_free(&b);
  free(head);
}
