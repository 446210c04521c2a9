import { describe, expect, it } from "vitest";
import { initialsMatch, initialsOf, nameMatch } from "../console/command/pinyin";
import { read, withChoice, type Context } from "../console/command/parse";
import { VERB_LIST, verbsCalled } from "../console/command/verbs";
import { stepsOf } from "../console/verbs";
import type { Candidate, Incident } from "../shared/types";

const incident = (n: number, more: Partial<Incident> = {}): Incident => ({
  id: `i${n}`,
  number: n,
  rev: 1,
  state: "accepted",
  category: "fire",
  level: 2,
  title: `第${n}件`,
  reported_at: "2026-11-22T01:00:00.000Z",
  ...more,
});
const everywhere = Object.fromEntries(["reported", "accepted", "dispatched", "handling", "handled", "verified"].map((s) => [s, s]));
const rules = {
  allowed: null,
  steps: stepsOf([
    { name: "dispatch", steps: { reported: "dispatched", accepted: "dispatched", dispatched: "dispatched" } },
    { name: "close", steps: { verified: "closed" } },
    ...["comment", "urge", "supervise", "suspend", "merge"].map((name) => ({ name, steps: everywhere })),
  ]),
  taskSteps: new Map(),
};
const people = [
  { user: "officer-0001", display: "张三", org: "g1" },
  { user: "officer-0002", display: "李四", org: "g2" },
  { user: "officer-0003", display: "张三", org: "g3" },
  { user: "officer-0004", display: "曾国强", org: "g4" },
  { user: "officer-0005", display: "朱莎", org: "g5" },
];
const units = [
  { id: "430525-D01", name: "应急管理局", kind: "department" },
  { id: "430525100201", name: "老街村", kind: "village" },
  { id: "430525100201-12", name: "老街村第十二网格", kind: "grid" },
];
const context = (more: Partial<Context> = {}): Context => {
  const open = [incident(1024), incident(1025, { state: "verified" }), incident(7)];
  return {
    rules,
    selected: null,
    open,
    byNumber: (n) => open.find((i) => i.number === n) ?? (n === 99 ? undefined : null),
    people,
    units,
    candidates: () => [{ user: "officer-0003", display: "张三" } as Candidate],
    ...more,
  };
};
const call = (line: string, more: Partial<Context> = {}) => {
  const r = read(line, context(more));
  return r.act?.kind === "call" ? r.act.call : (r.problem?.word ?? r.act?.kind ?? null);
};

describe("pinyin initials", () => {
  it("knows the letter of a character, and both of those that are read otherwise", () => {
    const letters = { a: "阿安艾", b: "白包薄", c: "曹陈蔡", d: "戴刁洞", e: "鄂恩", f: "樊符", g: "甘郭", h: "韩霍", j: "姬蒋荆", k: "康孔", l: "赖凌刘龙罗录", m: "麻莫穆", n: "倪牛", o: "欧", p: "潘彭", q: "戚屈全", r: "冉任荣阮", s: "沙孙索", t: "谭屠", w: "万乌", x: "奚薛", y: "严袁云", z: "臧邹祖" };
    for (const [letter, chars] of Object.entries(letters)) for (const c of chars) expect(initialsOf(c), c).toContain(letter);
    expect([...initialsOf("曾")].sort()).toEqual(["c", "z"]);
    expect(initialsOf("单")).toContain("s");
    expect(initialsOf("仇")).toContain("q");
    expect(initialsOf("G")).toBe("g");
    expect(initialsOf("（")).toBe("");
  });
  it("finds names from their start or from within", () => {
    expect(initialsMatch("张三", "zs")).toBe(0);
    expect(initialsMatch("曾国强", "zgq")).toBe(0);
    expect(initialsMatch("老街村第十二网格", "jc")).toBe(1);
    expect(initialsMatch("张三", "sz")).toBe(-1);
    expect(initialsMatch("张三", "zss")).toBe(-1);
  });
  it("ranks the whole name before its beginning, and that before initials", () => {
    expect(nameMatch("张三", "张三", "a")).toBe(0);
    expect(nameMatch("张", "张三", "a")).toBeLessThan(nameMatch("zs", "张三", "a"));
    expect(nameMatch("zs", "张三", "a")).toBeLessThan(nameMatch("jc", "老街村", "b"));
    expect(nameMatch("王", "张三", "officer-1")).toBe(-1);
  });
});

describe("the verbs", () => {
  it("go by Chinese, English and initials; an exact one before a longer one", () => {
    const ids = (w: string) => verbsCalled(w, VERB_LIST).map((v) => v.id);
    expect(ids("派")).toEqual(["dispatch"]);
    expect(ids("pq")).toEqual(["dispatch"]);
    expect(ids("dispatch")).toEqual(["dispatch"]);
    expect(ids("jl")).toEqual(["note"]);
    expect(ids("ja")).toEqual(["close"]);
    expect(ids("j").sort()).toEqual(["close", "note"]);
    expect(ids("xyz")).toEqual([]);
  });
});

describe("a line", () => {
  it("dispatches by number and name, with a note after the colon and the desk's usual terms", () => {
    expect(call("派 1024 李四：带水泵")).toEqual({
      method: "incident.dispatch",
      params: { id: "i1024", to: [{ user: "officer-0002" }], note: "带水泵", expires_in_ms: 3_600_000, remind_ms: 300_000 },
    });
  });
  it("needs no blanks where Chinese has none, and takes full-width digits and signs", () => {
    expect(call("派１０２４　李四")).toMatchObject({ params: { id: "i1024", to: [{ user: "officer-0002" }] } });
    expect(call("派#1024 李四")).toMatchObject({ params: { id: "i1024" } });
  });
  it("understands initials for verb and name, units, and several at once", () => {
    expect(call("pq 1024 ls")).toMatchObject({ params: { to: [{ user: "officer-0002" }] } });
    expect(call("派 1024 李四、yjglj")).toMatchObject({ params: { to: [{ user: "officer-0002" }, { unit: "430525-D01" }] } });
  });
  it("takes the one that is recommended among namesakes, and asks when that is not clear", () => {
    expect(call("派 1024 张三")).toMatchObject({ params: { to: [{ user: "officer-0003" }] } });
    const two = read("派 1024 张三", context({ candidates: () => [] }));
    expect(two.problem).toMatchObject({ word: "cmd.whichPerson", values: { n: 2 } });
    expect(two.choices.map((c) => c.insert)).toEqual(["officer-0001", "officer-0003"]);
    expect(two.act).toBeNull();
  });
  it("is about the chosen incident when it has no number", () => {
    const selected = incident(7);
    expect(call("记 家属已到场", { selected })).toEqual({ method: "incident.comment", params: { id: "i7", text: "家属已到场" } });
    expect(call("派 李四", { selected })).toMatchObject({ params: { id: "i7" } });
    expect(call("记 家属已到场")).toBe("cmd.notNumber");
  });
  it("keeps the text as it was typed", () => {
    expect(call("记 1024 约 50㎡，  水深 30 厘米")).toMatchObject({ params: { text: "约 50㎡，  水深 30 厘米" } });
  });
  it("says what is missing, wrong or not possible now, and does nothing", () => {
    expect(call("")).toBe("cmd.empty");
    expect(call("跳舞 1024")).toBe("cmd.noVerb");
    expect(call("j 1025")).toBe("cmd.whichVerb");
    expect(call("派")).toBe("cmd.needIncident");
    expect(call("派 1024")).toBe("cmd.needWhom");
    expect(call("派 1024 王五")).toBe("cmd.noPerson");
    expect(call("派 4711 李四")).toBe("cmd.noIncident");
    expect(call("结 1024")).toBe("cmd.notNow"); // not verified
    expect(call("督 1024")).toBe("cmd.needCard");
    expect(call("督 1024 绿")).toBe("cmd.whichCard");
    expect(call("督 1024 黄")).toBe("cmd.needReason");
    expect(call("挂 1024")).toBe("cmd.needReason");
    expect(call("并 1024 1024")).toBe("cmd.itself");
    expect(call("撤销 它")).toBe("cmd.tooMuch");
  });
  it("closes, urges, supervises, merges", () => {
    expect(call("结 1025")).toEqual({ method: "incident.close", params: { id: "i1025" } });
    expect(call("催 1024 请尽快")).toEqual({ method: "incident.urge", params: { id: "i1024", note: "请尽快" } });
    expect(call("督 1024 红 一小时内答复")).toEqual({ method: "incident.supervise", params: { id: "i1024", card: "red", note: "一小时内答复" } });
    expect(call("并 1025 1024")).toEqual({ method: "incident.merge", params: { id: "i1025", into: "i1024" } });
    expect(call("close 1025")).toMatchObject({ method: "incident.close" });
  });
  it("asks the server for a number the page does not know", () => {
    const r = read("记 99 x", context());
    expect(r.missing).toBe(99);
    expect(r.problem?.word).toBe("cmd.asking");
  });
  it("goes to incidents and places; a bare number is one to look at", () => {
    const at = (line: string) => read(line, context()).act;
    expect(at("到 1024")).toMatchObject({ kind: "look", incident: { id: "i1024" } });
    expect(at("1024")).toMatchObject({ kind: "look" });
    expect(at("到 老街村")).toMatchObject({ kind: "place", unit: { id: "430525100201" } });
    expect(at("到 ljc")).toMatchObject({ kind: "place", unit: { id: "430525100201" } });
    expect(at("查 竹林 冒烟")).toEqual({ kind: "find", text: "竹林 冒烟" });
    expect(at("报 路口积水")).toEqual({ kind: "report", title: "路口积水" });
    expect(at("?")).toEqual({ kind: "help" });
  });
  it("says before that an act cannot be taken back", () => {
    const final = (line: string) => {
      const { act } = read(line, context());
      return act?.kind === "call" && act.final;
    };
    expect(final("催 1024")).toBe(true);
    expect(final("派 1024 李四")).toBe(false);
  });
  it("only knows what this person may do", () => {
    const none = { ...rules, allowed: new Set(["incident.comment"]) };
    expect(call("派 1024 李四", { rules: none })).toBe("cmd.noVerb");
    expect(call("记 1024 x", { rules: none })).toMatchObject({ method: "incident.comment" });
  });
  it("completes the word at its end", () => {
    expect(withChoice("派 10", { insert: "1024", text: "", aside: "" })).toBe("派 1024 ");
    expect(withChoice("派10", { insert: "1024", text: "", aside: "" })).toBe("派1024 ");
    expect(withChoice("派 1024 李四、zs", { insert: "张三", text: "", aside: "" })).toBe("派 1024 李四、张三 ");
    expect(withChoice("p", { insert: "派 ", text: "", aside: "" })).toBe("派 ");
    expect(read("派 102", context()).choices.map((c) => c.insert)).toEqual(["1024"]);
    expect(read("结 ", context()).choices.map((c) => c.insert)).toEqual(["1025"]); // only what can be closed
  });
});
