/*
 * Why a piece of Lua ended: one catalogue for the journal, the messages and the tests. Append only.
 */
#ifndef FQ_POLICY_EXIT_H
#define FQ_POLICY_EXIT_H

#define FQ_EXITS(X)                                                                                          \
  X(OK, "正常", "ok")                                                                                        \
  X(SYNTAX, "语法错误", "syntax error")                                                                      \
  X(RUNTIME, "运行出错", "runtime error")                                                                    \
  X(TIMEOUT, "超时", "out of time")                                                                          \
  X(NOMEM, "内存超限", "out of memory")                                                                      \
  X(BAD_DECISION, "决定无效", "bad decision")

enum fq_exit {
#define X(id, zh, en) FQ_EXIT_##id,
  FQ_EXITS(X)
#undef X
      FQ_EXIT_COUNT
};

const char *fq_exit_name(enum fq_exit r); /* "TIMEOUT" */
const char *fq_exit_zh(enum fq_exit r);
const char *fq_exit_en(enum fq_exit r);

#endif
