/*
 * words.c - the stages of a report in a resident's words: no state names, no desk's terms. Any thread.
 */
#include <string.h>

#include "public.h"

static const struct {
  const char *stage, *zh, *en;
} stages[] = {
    {"received", "已收到您的上报", "We have your report"},
    {"accepted", "已受理", "Accepted"},
    {"sent", "已派人处理", "Somebody has been sent"},
    {"working", "工作人员正在处理", "Being dealt with"},
    {"arrived", "工作人员已到现场", "Somebody is on site"},
    {"handled", "已处理,正在核实", "Dealt with, being checked"},
    {"verified", "已核实处理结果", "Checked"},
    {"closed", "已办结", "Closed"},
    {"reopened", "重新办理", "Taken up again"},
    {"paused", "暂缓办理,条件具备后继续", "Paused, will go on later"},
    {"returned", "情况不够清楚,请补充后重新上报", "Not clear enough: please report again with more detail"},
    {"joined", "与同一件事的其他上报合并办理", "Handled together with other reports of the same matter"},
    {"refused", "核实后未作为事件办理", "Looked into, not taken up as an incident"},
    {"replied", "回复", "Reply"},
};

void pub_stage_words(const char *stage, const char **zh, const char **en) {
  *zh = *en = stage;
  for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
    if (!strcmp(stages[i].stage, stage)) {
      *zh = stages[i].zh;
      *en = stages[i].en;
    }
}
