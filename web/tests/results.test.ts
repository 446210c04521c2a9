import "../admin/words";
import { createSSRApp, h } from "vue";
import { renderToString } from "vue/server-renderer";
import { beforeEach, describe, expect, it } from "vitest";
import { askedOf } from "../admin/results/answers";
import { readCandidate, startAgain } from "../admin/results/candidate";
import CommandSentence from "../admin/results/CommandSentence.vue";
import { changes, changeText, differenceText, pairs, sentence, sentenceText } from "../admin/results/commands";
import { csvCell, toCsv } from "../shared/csv";
import DataTable from "../admin/results/DataTable.vue";
import DifferenceView from "../admin/results/DifferenceView.vue";
import { sideBySide, tallyLines, unified } from "../admin/parts/diffing";
import { gauge } from "../admin/results/gauge";
import { headline } from "../admin/results/headline";
import { byTownship, hourText, stateText, stretches, tally, weekText } from "../admin/results/hours";
import { Lexicon } from "../admin/results/names";
import { readRows } from "../admin/results/rows";
import { emptyForm, problems, shownValue, startOf } from "../admin/results/run";
import { luaLines, windows } from "../admin/results/source";
import SourceView from "../admin/results/SourceView.vue";
import { sorted, type Column } from "../admin/results/table";
import { count, percent, signed, span, stretch } from "../admin/results/text";
import { lang } from "../shared/i18n";

const names = new Lexicon();
names.learnUser("officer-0175", "张*");
names.learnUnit("430525103223-01", "石背村一网格");
beforeEach(() => {
  lang.value = "zh";
});
const dispatch = (user: string, note = "最近的合格网格员") => ({ method: "incident.dispatch", params: { id: "i1", to: [{ user }], note, expires_in_ms: 600_000 } });
const both = (fn: () => string): [string, string] => {
  lang.value = "zh";
  const zh = fn();
  lang.value = "en";
  const en = fn();
  lang.value = "zh";
  return [zh, en];
};

describe("figures", () => {
  it("are read as people read them", () => {
    expect(count(20114)).toBe("20,114");
    expect(count(undefined)).toBe("–");
    expect([0, 0.0004, 0.0155, 0.15, 0.123, 1].map(percent)).toEqual(["0%", "0.04%", "1.6%", "15%", "12.3%", "100%"]);
    expect(both(() => span(11_100_000))).toEqual(["3 小时 5 分", "3 h 5 min"]);
    expect([0, 90_000, 86_400_000].map(span)).toEqual(["0", "1 分 30 秒", "1 天"]);
    expect([3, -2, 0].map((n) => signed(n))).toEqual(["+3", "−2", "±0"]);
  });

  it("stretches of days end at midnights, weeks on Mondays, months on firsts", () => {
    const at = new Date(2026, 2, 1, 9, 30); // a Sunday
    expect(stretch("yesterday", at)).toEqual({ from: new Date(2026, 1, 28), to: new Date(2026, 2, 1) });
    expect(stretch("week", at)).toEqual({ from: new Date(2026, 1, 16), to: new Date(2026, 1, 23) });
    expect(stretch("month", at)).toEqual({ from: new Date(2026, 1, 1), to: new Date(2026, 2, 1) });
  });
});

describe("a command as a sentence", () => {
  it("names people, units and times, and leaves out what is not there", () => {
    expect(both(() => sentenceText(dispatch("officer-0175"), names))).toEqual([
      "派张*：“最近的合格网格员”，10 分内不接单即失效",
      "send 张*: “最近的合格网格员”, lapses after 10 min",
    ]);
    expect(both(() => sentenceText({ method: "incident.escalate", params: { id: "i1", to: "township", reason: "5 分钟内未派单" } }, names))).toEqual([
      "上报到镇/乡：“5 分钟内未派单”",
      "escalate to Township: “5 分钟内未派单”",
    ]);
    expect(sentenceText({ method: "incident.accept", params: { id: "i1" } }, names)).toBe("受理");
  });

  it("says every member, also one it has no word for, and a method it does not know", () => {
    const parts = sentence({ method: "incident.urge", params: { id: "i1", note: "快", colour: "x" } }, names);
    expect(parts.map((p) => p.member)).toEqual(["", "note", "", "colour", ""]);
    expect(parts.map((p) => p.text).join("")).toBe("催办：“快”（colour: x）");
    names.learnMethod("moon.fly", "飞", "fly");
    expect(both(() => sentenceText({ method: "moon.fly", params: { far: 3 } }, names))).toEqual(["飞（far: 3）", "fly (far: 3)"]);
  });

  it("says a clock with its milestones", () => {
    const c = { method: "clock.start", params: { incident: "i1", policy: "p", name: "resolve", from: "dispatched", to: "handled", limit_ms: 10_800_000, warn: [0.5, 0.8] } };
    expect(sentenceText(c, names)).toContain("派出到处置完毕，3 小时，50%、80%处提醒");
  });
});

describe("what differs between two decisions", () => {
  it("pairs equal commands first, then those of one method, and names the members", () => {
    const urge = { method: "incident.urge", params: { id: "i1" } };
    const got = pairs([dispatch("officer-0175"), urge], [urge, dispatch("officer-0002")]);
    expect(got.map((p) => [p.change, p.members])).toEqual([
      ["changed", ["to"]],
      ["same", []],
    ]);
  });

  it("does not care for the order of members", () => {
    expect(pairs([{ method: "m", params: { a: 1, b: { c: 1, d: 2 } } }], [{ method: "m", params: { b: { d: 2, c: 1 }, a: 1 } }])[0]?.change).toBe("same");
  });

  it("keeps clocks of different names apart", () => {
    const clock = (name: string, limit_ms: number) => ({ method: "clock.start", params: { name, limit_ms } });
    const got = pairs([clock("a", 1), clock("b", 2)], [clock("b", 3), clock("c", 4)]);
    expect(got.map((p) => [p.change, p.was?.params["name"], p.now?.params["name"]])).toEqual([
      ["changed", "a", "c"],
      ["changed", "b", "b"],
    ]);
  });

  it("knows kinds of change for the filter, failure among them", () => {
    const d = { was: [dispatch("a")], now: [], was_exit: "OK", now_exit: "TIMEOUT" };
    expect(changes(d)).toEqual(["exit", "removed:incident.dispatch"]);
    expect(changeText("removed:incident.dispatch", names)).toBe("没有了：派遣");
    expect(differenceText(d, names)).toContain("TIMEOUT");
    expect(changes({ was: [dispatch("a")], now: [dispatch("a")] })).toEqual([]);
  });

  it("says in a line what differs, and not what is the same", () => {
    const urge = { method: "incident.urge", params: { id: "i1" } };
    expect(both(() => differenceText({ was: [urge, dispatch("a", "x")], now: [urge] }, names))[0]).toBe("原来：派a：“x”，10 分内不接单即失效 → 新版：没有命令");
    expect(differenceText({ was: [], now: [{ method: "incident.accept", params: {} }] }, names)).toBe("原来：没有命令 → 新版：受理");
  });
});

describe("the week", () => {
  const night = (day: string) => "nnnnnnnn" + day.repeat(12) + "nnnn"; // nobody 20:00 to 8:00
  it("is cut into stretches that cover it", () => {
    const s = stretches(night("s").repeat(7));
    expect(s[0]).toEqual({ from: 0, to: 8, state: "n" });
    expect(s.reduce((n, x) => n + x.to - x.from, 0)).toBe(168);
    expect(tally(night("s").repeat(7))).toEqual({ s: 84, e: 0, f: 0, n: 84 });
  });

  it("takes what is missing or unknown for unstaffed", () => {
    expect(tally("ss?")).toEqual({ s: 2, e: 0, f: 0, n: 166 });
  });

  it("is told in words, days alike taken together", () => {
    const week = night("s").repeat(5) + "s".repeat(24) + "f".repeat(24);
    expect(both(() => stateText(week, "n"))).toEqual(["周一至周五 0:00–8:00、20:00–24:00", "Mon–Fri 0:00–8:00, 20:00–24:00"]);
    expect(stateText(week, "f")).toBe("周日全天");
    expect(weekText("s".repeat(168))).toBe("全周最近一级有人");
    expect(weekText(week)).toBe("无人: 周一至周五 0:00–8:00、20:00–24:00 (60 小时)；只有兜底: 周日全天 (24 小时)");
    expect(hourText(167)).toBe("周日 23:00");
  });

  it("puts the townships that want looking at first", () => {
    const v = (org: string, township: string, c: string) => ({ org, name: org, township, township_name: township, hours: c.repeat(168) });
    const towns = byTownship([v("a", "1", "s"), v("b", "2", "s"), v("c", "2", "n"), v("d", "3", "f")]);
    expect(towns.map((x) => x.org)).toEqual(["2", "3", "1"]);
    expect(towns[0]?.villages.map((x) => x.org)).toEqual(["c", "b"]);
  });
});

describe("starting a run", () => {
  const form = () => ({ ...emptyForm(new Date(2026, 10, 22)), pack: "yizhuang", from: "2026-10-01T00:00", to: "2026-11-01T00:00" });
  it("asks for what the kind takes and nothing else", () => {
    const f = { ...form(), village: "430525103223", seed: "7", only: " three-limits " };
    expect(startOf(f)).toEqual({
      what: "replay", pack: "yizhuang", draft: true,
      options: { from: new Date("2026-10-01T00:00").toISOString(), to: new Date("2026-11-01T00:00").toISOString(), only: "three-limits" },
    });
    expect(startOf({ ...f, what: "prove", candidate: "4", level: "1", passiveDays: "2" })).toEqual({
      what: "prove", pack: "yizhuang", generation: 4, options: { village: "430525103223", level: 1, passive: 172_800_000 },
    });
    expect(startOf({ ...f, what: "check", only: "" })).toEqual({ what: "check", pack: "yizhuang", draft: true });
  });

  it("turns minutes and percents into what the server counts in", () => {
    const f = { ...form(), what: "project" as const, base: "3", assume: { accept_ms: "2.5", decline_share: "10", finish_ms: "" } };
    expect(startOf(f)).toMatchObject({ base: { generation: 3 }, options: { seed: 1, assume: { accept_ms: 150_000, decline_share: 0.1 } } });
    expect(shownValue("accept_ms", 150_000)).toBe("2.5");
    expect(shownValue("decline_share", 0.1)).toBe("10");
  });

  it("says what is wrong before it is sent", () => {
    expect(problems(form())).toEqual([]);
    expect(problems({ ...form(), pack: "" })).toEqual([{ field: "pack", word: "form.noPack" }]);
    expect(problems({ ...form(), to: "2026-09-01T00:00" })[0]?.word).toBe("form.order");
    expect(problems({ ...form(), what: "project", seed: "x" })[0]).toEqual({ field: "seed", word: "form.noNumber" });
  });
});

describe("lists of a run", () => {
  it("are read page by page until the end, and no further at once than is looked at", async () => {
    const asked: (number | undefined)[] = [];
    const api = {
      jobRows: <T,>(p: { after?: number; limit?: number }) => {
        asked.push(p.after);
        const from = p.after ?? 0;
        const to = Math.min(9000, from + (p.limit ?? 100));
        const rows = Array.from({ length: to - from }, (_, i) => from + i) as T[];
        return Promise.resolve({ rows, total: 9000, ...(to < 9000 && { next: to }) });
      },
    };
    const list = readRows<number>(api, { job: "j1", lists: { incidents: 9000 } }, "incidents");
    const idle = async () => {
      while (list.busy.value) await new Promise((r) => setTimeout(r));
    };
    await idle();
    expect([list.rows.value.length, list.total.value, list.rest.value]).toEqual([4000, 9000, true]);
    await list.more();
    await list.more();
    expect([list.rows.value.length, list.rest.value]).toEqual([9000, false]);
    expect(list.rows.value[8999]).toBe(8999);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it("keep what was read when a page fails", async () => {
    let n = 0;
    const api = { jobRows: <T,>() => (n++ ? Promise.reject(new Error("gone")) : Promise.resolve({ rows: [1] as T[], next: 1, total: 2 })) };
    const list = readRows<number>(api, { job: "j1", lists: { x: 2 } }, "x");
    while (list.busy.value) await new Promise((r) => setTimeout(r));
    expect(list.rows.value).toEqual([1]);
    expect(list.error.value).toBeInstanceOf(Error);
    expect(readRows<number>(api, { job: "j1", lists: {} }, "x").busy.value).toBe(false); // not made: not asked for
    expect(n).toBe(2);
  });

  it("are sorted by number or by text, stably", () => {
    const rows = [{ a: 10, b: "乙" }, { a: 9, b: "甲" }, { a: 10, b: "甲" }];
    const columns: Column<(typeof rows)[0]>[] = [
      { key: "a", title: "a", text: (r) => String(r.a), by: (r) => r.a },
      { key: "b", title: "b", text: (r) => r.b, by: (r) => r.b },
    ];
    expect(sorted(rows, columns, { key: "a", down: true }).map((r) => r.b)).toEqual(["乙", "甲", "甲"]);
    expect(sorted(rows, columns, { key: "nothing", down: true })).toEqual(rows);
  });

  it("leave as CSV that no spreadsheet runs", () => {
    expect([`=1+1`, "a,b", 'x"y', -3, null].map(csvCell)).toEqual(["'=1+1", '"a,b"', '"x""y"', "-3", ""]);
    expect(toCsv(["甲"], [["乙\n丙"]])).toBe('甲\r\n"乙\n丙"\r\n');
  });
});

describe("two texts", () => {
  const hunk = { from: 3, to: 3, lines: [["=", "a"], ["-", "b"], ["-", "c"], ["+", "B"], ["=", "d"]] as ["=" | "-" | "+", string][] };
  it("stand side by side with their own numbers", () => {
    expect(sideBySide(hunk).map((r) => [r.left?.n, r.left?.text, r.right?.n, r.right?.text])).toEqual([
      [3, "a", 3, "a"],
      [4, "b", 4, "B"],
      [5, "c", undefined, undefined],
      [6, "d", 5, "d"],
    ]);
    expect(unified(hunk).map((r) => [r.from, r.to, r.mark])).toEqual([[3, 3, "="], [4, null, "-"], [5, null, "-"], [null, 4, "+"], [6, 5, "="]]);
    expect(tallyLines({ path: "x", change: "changed", hunks: [hunk] })).toEqual({ added: 1, removed: 2 });
  });

  it("Lua keeps its lines, whatever runs over them", () => {
    const text = 'local a = "x" -- why\n--[[ long\ncomment ]] return 5\n';
    const lines = luaLines(text);
    expect(lines.map((l) => l.map((x) => x.text).join(""))).toEqual(['local a = "x" -- why', "--[[ long", "comment ]] return 5"]);
    expect(lines[2]?.map((x) => x.kind).filter(Boolean)).toEqual(["comment", "word", "number"]);
    expect(windows(30, [5, 6, 20, 99], 2)).toEqual([[3, 8], [18, 22]]);
    expect(windows(3, [1], 5)).toEqual([[1, 3]]);
  });
});

describe("a shadow against its limits", () => {
  const s = { decisions: 200, differences: 3, failures: 0, share: 0.015, limits: { share: 0.02, at_least: 100, failures: 0 }, ready: true };
  it("is ready, beyond or too early, and says what is missing", () => {
    expect(gauge(s)).toMatchObject({ word: "shadow.ready", missing: [] });
    expect(gauge({ ...s, decisions: 40 })).toMatchObject({ word: "shadow.early", missing: ["还差 60 次决定（至少 100 次）"] });
    expect(gauge({ ...s, share: 0.05, failures: 1 }).word).toBe("shadow.over");
    expect(gauge({ ...s, share: 0.05, failures: 1 }).missing).toHaveLength(2);
  });
});

describe("a run in a line", () => {
  it("says the result of each kind", () => {
    const row = { job: "j1", pack: "p", state: "done" as const, share: 1 };
    expect(headline({ ...row, what: "replay", summary: { subjects: 20114, differing: 312, identical: false } })).toBe("20,114 起事件中 312 起不同");
    expect(headline({ ...row, what: "replay", summary: { subjects: 5, differing: 0, identical: true } })).toBe("5 起事件，决定完全相同");
    expect(headline({ ...row, what: "check", summary: { findings: 0, scenarios: { played: 3, failed: 1 }, proof: null } })).toBe("0 处编译问题；3 个情景中 1 个不通过");
    expect(headline({ ...row, what: "test", state: "running", summary: undefined, zh: "第 2 个情景" })).toBe("第 2 个情景");
    expect(headline({ ...row, what: "prove", state: "failed" })).toBe("");
  });
});

describe("what a rule asked", () => {
  it("is told by name, the incident as this one", () => {
    const told = askedOf([["nearest_officer", [{ $e: "incident" }, { skill: "fire" }], { user: "officer-0175", distance_m: 80 }], ["duplicates", [{ $e: "incident" }], []]], names);
    expect(told.map((a) => [a.name, a.args, a.answer])).toEqual([
      ["nearest_officer", "这个事件, {skill: fire}", "张*"],
      ["duplicates", "这个事件", "没有"],
    ]);
    expect(askedOf(undefined, names)).toEqual([]);
  });
});

describe("components", () => {
  const html = (c: unknown, props: Record<string, unknown>) => renderToString(createSSRApp({ render: () => h(c as never, props) }));
  it("a difference marks what differs, and the words stand in the page's language", async () => {
    const props = { at: "2026-11-01T01:00:00.000Z", kind: "incident.reported", policy: "three-limits", was: [dispatch("officer-0001")], now: [dispatch("officer-0002")], path: "policies/a.lua", ran: [2], text: "-- one\nreturn 1\n", pack: "p" };
    const zh = await html(DifferenceView, props);
    expect(zh).toContain("<mark>officer-0002</mark>");
    expect(zh).toContain('href="#/edit/p?file=policies%2Fa.lua&amp;line=2"');
    lang.value = "en";
    expect(await html(DifferenceView, props)).toContain("changed");
  });

  it("a wrong line is told to those who do not see it", async () => {
    const out = await html(SourceView, { path: "x.lua", lines: [{ line: 9, text: "limt = 1" }], wrong: 9 });
    expect(out).toContain("第 9 行，问题在此");
    expect(out).not.toContain("undefined");
  });

  it("a command shows its JSON only on demand", async () => {
    expect(await html(CommandSentence, { command: dispatch("x") })).not.toContain("<pre");
  });

  it("a table pages, says how many there are, and says when there is nothing", async () => {
    const columns: Column<number>[] = [{ key: "n", title: "N", text: String, by: (n) => n, num: true }];
    const out = await html(DataTable, { caption: "Numbers", columns, rows: Array.from({ length: 30 }, (_, i) => i), rowKey: String, pageSize: 10 });
    expect(out.match(/<tr[^>]*data-row/g)).toHaveLength(10);
    expect(out).toContain("1–10 / 30");
    expect(out).toContain('aria-sort="none"');
    expect(await html(DataTable, { caption: "N", columns, rows: [], rowKey: String, empty: "一个也没有" })).toContain("一个也没有");
  });
});

describe("the text a run was about", () => {
  const api = {
    jobCandidate: (job: string) => Promise.resolve({ pack: "p", files: { x: `tried by ${job}` }, base: { x: "base" } }),
    openDraft: (pack: string) => Promise.resolve({ pack, rev: 2, author: "a", at: "2026-11-02T00:00:00Z", from: 4, files: { x: "draft" } }),
  };
  const job = { job: "j1", what: "replay" as const, pack: "p" };
  const settled = () => new Promise((r) => setTimeout(r));
  it("is what it tried, with a word when the draft was saved since", async () => {
    const deployed = readCandidate(api, { ...job, candidate: { generation: 4 } });
    const same = readCandidate(api, { ...job, candidate: { draft: true, rev: 2 } });
    const moved = readCandidate(api, { ...job, candidate: { draft: true, rev: 1 } });
    await settled();
    expect(deployed.files.value["x"]).toBe("tried by j1");
    expect([deployed, same, moved].map((c) => c.moved.value)).toEqual([false, false, true]);
  });
  it("is tried again against the same, with the same options", async () => {
    const again = (more: object) => startAgain(api, { ...job, ...more });
    expect(await again({ candidate: { draft: true, rev: 1 }, options: {} })).toEqual({ what: "replay", pack: "p", draft: true });
    expect(await again({ candidate: { generation: 4 }, base: { generation: 2 }, options: { seed: 1 } })).toEqual({ what: "replay", pack: "p", generation: 4, base: { generation: 2 }, options: { seed: 1 } });
    expect(await again({ candidate: { files: true }, base: { draft: true, rev: 1 } })).toEqual({ what: "replay", pack: "p", files: { x: "tried by j1" }, base: { files: { x: "base" } } });
  });
});
