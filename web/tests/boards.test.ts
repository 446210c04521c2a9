// The boards' logic: the address, lists page by page, what an act sends, what is possible with a whistle, a search as a form.
import { effectScope, ref } from "vue";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { initial, localTime, missing, paramsOf, type Act } from "../console/boards/acts";
import { BOARDS } from "../console/boards/boards";
import { conditionsOf, nothing, queryOfConditions } from "../console/boards/finding";
import { usePaged } from "../console/boards/pages";
import { hashOf, parseRoute } from "../console/boards/route";
import { unitVerbs, whistleVerbs, type WhistleRow, type WhistleUnit } from "../console/boards/whistles";
import { boardWords } from "../console/boards/words";
import type { Desk } from "../console/desk";
import { words } from "../console/words";
import { RpcError } from "../shared/link";
import { words as shared } from "../shared/words";

describe("the boards' words", () => {
  it("are nobody else's", () => {
    for (const [key, pair] of Object.entries(boardWords)) {
      expect((words as Record<string, unknown>)[key], key).toBe(pair);
      expect(key in shared, key).toBe(false);
    }
  });
});

describe("the address of a board", () => {
  it("names the board and the incident beside it, and takes old links", () => {
    expect(parseRoute("#/whistles/i1024")).toEqual({ board: "whistles", id: "i1024" });
    expect(parseRoute("#/whistles")).toEqual({ board: "whistles", id: "" });
    expect(parseRoute("#i1024")).toEqual({ board: "queue", id: "i1024" });
    expect(parseRoute("")).toEqual({ board: "queue", id: "" });
    expect(parseRoute(hashOf("shift", "i7"))).toEqual({ board: "shift", id: "i7" });
    expect(hashOf("queue")).toBe("#/queue");
  });
  it("has one key a board", () => {
    expect(new Set(BOARDS.map((b) => b.key)).size).toBe(BOARDS.length);
    expect(new Set(BOARDS.map((b) => b.id)).size).toBe(BOARDS.length);
  });
  it("shows only what one may", () => {
    const rules = (...allowed: string[]) => ({ allowed: new Set(allowed), steps: new Map(), taskSteps: new Map() });
    expect(BOARDS.filter((b) => b.may(rules("whistle.list", "countersign.list"))).map((b) => b.id)).toEqual(["whistles", "requests"]);
  });
});

/** A server that keeps a list of numbers and answers in pages; the test says when. */
function world(all: number[]) {
  const asked: Record<string, unknown>[] = [];
  const entries = new Set<(e: never) => void>();
  const snapshots = new Set<() => void>();
  const state = { fail: null as unknown, short: 0 };
  const link = {
    state: "up",
    query: async (_: string, p: Record<string, unknown>) => {
      asked.push(p);
      if (state.fail) throw state.fail;
      const from = all.findIndex((n) => n > Number(p["after"] ?? 0));
      const limit = state.short || Number(p["limit"]);
      const rows = from < 0 ? [] : all.slice(from, from + limit);
      const last = rows[rows.length - 1];
      return { rows, head: all.length, ...(last !== undefined && last !== all[all.length - 1] ? { next: last } : {}) };
    },
    watchSnapshots: (fn: () => void) => (snapshots.add(fn), () => snapshots.delete(fn)),
  };
  const store = { watchEntries: (fn: (e: never) => void) => (entries.add(fn), () => entries.delete(fn)) };
  return {
    desk: { session: { link, store } } as unknown as Pick<Desk, "session">,
    asked,
    state,
    all,
    hear: (kind: string) => entries.forEach((fn) => fn({ kind } as never)),
    snapshot: () => snapshots.forEach((fn) => fn()),
    listeners: () => entries.size + snapshots.size,
  };
}

describe("a list page by page", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const numbers = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
  const settle = () => vi.advanceTimersByTimeAsync(0);

  it("reads a page, then more, then as far as it had been read when something happens", async () => {
    const w = world(numbers(120));
    const scope = effectScope();
    const p = scope.run(() => usePaged<number>(w.desk, { method: "m", params: () => ({ x: 1 }), hears: (e) => e.kind === "a" }))!;
    expect([p.loaded.value, p.busy.value]).toEqual([false, true]);
    await settle();
    expect([p.rows.value.length, p.more.value, p.head.value["head"]]).toEqual([50, true, 120]);
    await p.next();
    expect(p.rows.value).toEqual(numbers(100));
    const before = w.asked.length;
    w.hear("b");
    w.hear("a");
    w.hear("a"); // a burst is one question
    w.all.push(121);
    await vi.advanceTimersByTimeAsync(400);
    expect(w.asked.length).toBe(before + 1);
    expect(p.rows.value).toEqual(numbers(100));
    await p.next();
    expect([p.rows.value.length, p.more.value]).toEqual([121, false]);
    scope.stop();
    expect(w.listeners()).toBe(0);
  });

  it("goes on over pages that come back short", async () => {
    const w = world(numbers(20));
    w.state.short = 3;
    const p = effectScope().run(() => usePaged<number>(w.desk, { method: "m", params: () => ({}), page: 10 }))!;
    await settle();
    expect(p.rows.value.length).toBeGreaterThanOrEqual(10);
    expect(w.asked.length).toBeGreaterThan(3);
  });

  it("keeps what it shows when the question fails, and says why", async () => {
    const w = world(numbers(5));
    const p = effectScope().run(() => usePaged<number>(w.desk, { method: "m", params: () => ({}) }))!;
    await settle();
    w.state.fail = new RpcError({ code: -32003, data: { message_zh: "不行", message_en: "no" } });
    p.ask();
    await settle();
    expect([p.rows.value.length, (p.error.value as RpcError).zh, p.busy.value]).toEqual([5, "不行", false]);
    w.state.fail = null;
    w.snapshot(); // the link is back
    await vi.advanceTimersByTimeAsync(1);
    expect(p.error.value).toBe(null);
  });

  it("begins anew when a filter changes, and does not ask while there is none", async () => {
    const w = world(numbers(70));
    const filter = ref<string | null>(null);
    const p = effectScope().run(() => usePaged<number>(w.desk, { method: "m", params: () => (filter.value === null ? null : { f: filter.value }) }))!;
    await settle();
    expect(w.asked).toEqual([]);
    filter.value = "x";
    await settle();
    await p.next();
    expect(p.rows.value.length).toBe(70);
    filter.value = "y";
    await settle();
    expect([p.rows.value.length, w.asked[w.asked.length - 1]!["f"]]).toEqual([50, "y"]);
  });
});

describe("an act", () => {
  const act: Act = {
    title: "x",
    method: "m.x",
    fixed: { id: "w1" },
    asks: [
      { kind: "text", member: "text", word: "form.text", required: true },
      { kind: "text", member: "note", word: "form.note" },
      { kind: "minutes", member: "within_ms", word: "form.within", value: 60 },
      { kind: "when", member: "due", word: "form.until" },
      { kind: "yes", member: "ok", word: "follow.satisfied", yes: "follow.yes", no: "follow.no" },
      { kind: "units", member: "units", word: "form.units", many: true },
      { kind: "place", member: "place", word: "whistle.place", required: true },
      { kind: "parties", member: "parties", word: "mediation.parties" },
      { kind: "files", member: "attachments" },
    ],
  };
  it("sends what was said, and leaves out what was not", () => {
    const form = initial(act.asks);
    form["text"] = "  已到 ";
    form["ok"] = "no";
    form["units"] = ["a", "b"];
    form["place"] = { lon: "110.5", lat: "27", acc: "12" };
    form["due"] = "2026-11-22T08:30";
    form["parties"] = [{ name: " 张三 ", phone: "", role: "申请人" }, { name: " ", phone: "1", role: "" }];
    expect(paramsOf(act, form)).toEqual({
      id: "w1",
      text: "已到",
      within_ms: 3_600_000,
      due: new Date("2026-11-22T08:30").toISOString(),
      ok: false,
      units: ["a", "b"],
      place: { lon: 110.5, lat: 27, acc: 12 },
      parties: [{ name: "张三", role: "申请人" }],
    });
  });
  it("says what is missing that no native field says by itself", () => {
    const form = initial(act.asks);
    expect(missing(act, form)).toBe("follow.satisfied");
    form["ok"] = "yes";
    expect(missing(act, form)).toBe("form.units");
    form["units"] = ["a"];
    for (const bad of [{ lon: "x", lat: "1" }, { lon: "181", lat: "1" }, { lon: "1", lat: "" }]) {
      form["place"] = bad;
      expect(missing(act, form)).toBe("whistle.place");
    }
    form["place"] = { lon: "1", lat: "1" };
    expect(missing(act, form)).toBe(null);
  });
  it("writes an instant the way its field does", () => {
    expect(new Date(localTime("2026-11-22T01:02:00.000Z")).toISOString()).toBe("2026-11-22T01:02:00.000Z");
  });
});

describe("what can be done with a whistle", () => {
  const unit = (state: string, name = "u1"): WhistleUnit => ({ unit: name, name, state });
  const whistle = (state: string, ...units: WhistleUnit[]): WhistleRow => ({ state, units }) as unknown as WhistleRow;
  it("follows the server's table", () => {
    expect(whistleVerbs(whistle("blown", unit("waiting")))).toEqual(["withdraw"]); // nobody is there to consult
    expect(whistleVerbs(whistle("overdue", unit("late")))).toEqual(["minutes", "withdraw"]);
    expect(whistleVerbs(whistle("agreed", unit("here")))).toEqual(["minutes", "follow_up", "withdraw"]);
    expect(whistleVerbs(whistle("followed_up", unit("here")))).toEqual(["minutes", "follow_up", "close", "withdraw"]);
    for (const over of ["closed", "withdrawn"]) expect(whistleVerbs(whistle(over, unit("here")))).toEqual([]);
  });
  it("lets a department check in itself, and the desk confirm or excuse the others", () => {
    const w = whistle("blown", unit("waiting", "a"), unit("here", "b"));
    expect(unitVerbs(w, w.units[0]!, "a")).toEqual(["check_in", "measure", "excuse"]);
    expect(unitVerbs(w, w.units[0]!, "c")).toEqual(["confirm", "measure", "excuse"]);
    expect(unitVerbs(w, w.units[1]!, "c")).toEqual(["measure"]);
    expect(unitVerbs(whistle("closed", unit("here")), unit("here"), "c")).toEqual([]);
    expect(unitVerbs(w, unit("excused"), "c")).toEqual([]);
  });
});

describe("a search as a form", () => {
  it("asks only what was said, and comes back as it was kept", () => {
    expect(queryOfConditions(nothing())).toEqual({});
    const c = { ...nothing(), text: " 污水 ", number: "#12", state: ["closed"], level: "2", open: true, from: "2026-11-22T08:00", lon: "110.5", lat: "27", within_m: "800", sort: "oldest" as const };
    const q = queryOfConditions(c);
    expect(q).toEqual({ text: "污水", number: 12, state: ["closed"], open: true, level: 2, from: new Date("2026-11-22T08:00").toISOString(), place: { lon: 110.5, lat: 27 }, within_m: 800, sort: "oldest" });
    expect(queryOfConditions(conditionsOf(q))).toEqual(q);
  });
  it("takes no number that is none, no place that is none", () => {
    expect(queryOfConditions({ ...nothing(), number: "12a", lon: "200", lat: "1" })).toEqual({});
    expect(queryOfConditions({ ...nothing(), number: "0", lon: "110" })).toEqual({});
  });
});
