// What the command line understands: each verb's names, what follows it, and how it is explained. Chinese names first;
// their initials are understood as well. A county's habits are added here, and nowhere else.

import type { Pair } from "../../shared/words";

/** What stands after a verb. Every one but the last is a single word. */
export type Slot = "incident" | "into" | "whom" | "card" | "text" | "reason" | "note" | "place" | "query" | "title";

export interface CommandVerb {
  id: string;
  names: readonly string[];
  takes: readonly Slot[];
  /** Its name among the desk's verbs (verbs.ts): decides in which state it is possible. */
  verb?: string;
  example: Pair;
  help: Pair;
}

export const COMMANDS = [
  {
    id: "dispatch",
    names: ["派", "派遣", "派单", "dispatch", "send"],
    takes: ["incident", "whom"],
    verb: "dispatch",
    example: ["派 1024 张三 李四：带水泵", "dispatch 1024 zhangsan: bring a pump"],
    help: ["派遣；冒号后面是附言", "send people or units; a note after a colon"],
  },
  { id: "go", names: ["到", "看", "go", "open"], takes: ["place"], example: ["到 1024 · 到 老街村", "go 1024 · go G12"], help: ["到事件、网格、村、镇", "to an incident, a grid, a village, a township"] },
  { id: "note", names: ["记", "记录", "批注", "note"], takes: ["incident", "text"], verb: "comment", example: ["记 1024 家属已到场", "note 1024 the family is there"], help: ["记一笔，不打开事件", "a note, without opening it"] },
  { id: "accept", names: ["受理", "受", "accept"], takes: ["incident"], verb: "accept", example: ["受理 1024", "accept 1024"], help: ["受理", "accept"] },
  { id: "urge", names: ["催", "催办", "urge"], takes: ["incident", "note"], verb: "urge", example: ["催 1024", "urge 1024"], help: ["催办", "urge"] },
  { id: "supervise", names: ["督", "督办", "supervise"], takes: ["incident", "card", "reason"], verb: "supervise", example: ["督 1024 黄 半小时内回话", "supervise 1024 yellow answer in half an hour"], help: ["黄、红、黑牌督办", "a yellow, red or black card"] },
  { id: "pass", names: ["核", "核查", "通过", "verify", "pass"], takes: ["incident", "note"], verb: "pass", example: ["核 1024 电话回访属实", "verify 1024 confirmed by phone"], help: ["核查通过", "verified as done"] },
  { id: "close", names: ["结", "结案", "close"], takes: ["incident", "note"], verb: "close", example: ["结 1024", "close 1024"], help: ["结案", "close"] },
  { id: "recall", names: ["撤回", "recall"], takes: ["incident", "note"], verb: "recall", example: ["撤回 1024", "recall 1024"], help: ["撤回还没有人接的派遣", "withdraw orders nobody has accepted"] },
  { id: "suspend", names: ["挂", "挂起", "suspend"], takes: ["incident", "reason"], verb: "suspend", example: ["挂 1024 等雨停", "suspend 1024 waiting for the rain to stop"], help: ["挂起", "suspend"] },
  { id: "resume", names: ["恢复", "resume"], takes: ["incident"], verb: "resume", example: ["恢复 1024", "resume 1024"], help: ["恢复挂起的事件", "resume a suspended one"] },
  { id: "return", names: ["退", "退回", "return"], takes: ["incident", "reason"], verb: "return", example: ["退 1024 地点不清", "return 1024 where is it?"], help: ["退回上报人", "return to the reporter"] },
  { id: "reopen", names: ["重开", "reopen"], takes: ["incident", "reason"], verb: "reopen", example: ["重开 1024 又冒烟", "reopen 1024 smoke again"], help: ["重开已结案的", "reopen a closed one"] },
  { id: "merge", names: ["并", "并案", "merge"], takes: ["incident", "into", "note"], verb: "merge", example: ["并 1025 1024", "merge 1025 1024"], help: ["把前一件并入后一件", "merge the first into the second"] },
  { id: "find", names: ["查", "查找", "搜", "find", "search"], takes: ["query"], example: ["查 竹林 冒烟", "find smoke"], help: ["在全部事件中搜索", "search all incidents"] },
  { id: "report", names: ["报", "上报", "report"], takes: ["title"], example: ["报 老街路口积水", "report flooded crossing"], help: ["打开上报单，填好标题", "opens the form with the title filled in"] },
  { id: "undo", names: ["撤销", "undo"], takes: [], example: ["撤销", "undo"], help: ["撤销刚才的操作", "take back what was just done"] },
  { id: "help", names: ["帮助", "help", "?"], takes: [], example: ["帮助", "help"], help: ["全部快捷键与命令", "all keys and commands"] },
] as const satisfies readonly CommandVerb[];

/** What a card is called. */
export const CARDS: Record<string, readonly string[]> = {
  yellow: ["黄", "黄牌", "yellow"],
  red: ["红", "红牌", "red"],
  black: ["黑", "黑牌", "black"],
};
