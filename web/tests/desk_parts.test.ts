import { effectScope } from "vue";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createHistory } from "../console/command/history";
import { visibleRange } from "../console/rows";
import { createUndo, isFinal, opposite, UNDO_MS, type Call } from "../console/undo";
import { RpcError } from "../shared/link";
import type { Incident } from "../shared/types";

const incident = (more: Partial<Incident> = {}): Incident => ({ id: "i1", number: 1, rev: 1, state: "accepted", category: "fire", level: 1, title: "x", reported_at: "2026-11-22T01:00:00.000Z", ...more });
const before = (more: Partial<Incident> = {}) => ({ incident: incident(more), task: null });

describe("the way back", () => {
  const back = (method: string, params: Record<string, unknown>, answer: unknown = {}, b = before()) => opposite(method, params, answer, b, "误操作");
  it("is the opposite command of each act", () => {
    expect(back("incident.dispatch", { id: "i1" }, { tasks: ["t2", "t3"] })).toEqual([
      { method: "task.recall", params: { id: "t2", reason: "误操作" } },
      { method: "task.recall", params: { id: "t3", reason: "误操作" } },
    ]);
    expect(back("incident.merge", { id: "i1", into: "i2" })).toEqual([{ method: "incident.split", params: { id: "i1", reason: "误操作" } }]);
    expect(back("incident.suspend", { id: "i1" })).toEqual([{ method: "incident.resume", params: { id: "i1" } }]);
    expect(back("incident.close", { id: "i1" })).toEqual([{ method: "incident.reopen", params: { id: "i1", reason: "误操作" } }]);
    expect(back("incident.transfer", { id: "i1", to: "d2" }, {}, before({ owner: { level: "county", org: "430525" } }))).toEqual([
      { method: "incident.transfer", params: { id: "i1", to: "430525", reason: "误操作" } },
    ]);
    expect(back("whistle.blow", { incident: "i1" }, { id: "w9" })).toEqual([{ method: "whistle.withdraw", params: { id: "w9", reason: "误操作" } }]);
  });
  it("is not offered where there is none", () => {
    expect(back("incident.comment", { id: "i1" })).toBeNull();
    expect(isFinal("incident.comment")).toBe(true);
    expect(back("incident.dispatch", { id: "i1" }, { tasks: [] })).toBeNull();
    // A second card replaced the first: lifting it would not bring that one back.
    expect(back("incident.supervise", { id: "i1", card: "red" }, {}, before({ card: "yellow" }))).toBeNull();
    expect(back("incident.supervise", { id: "i1", card: "red" })).not.toBeNull();
  });
});

describe("the ten seconds", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const made = (answer: (c: Call) => Promise<unknown>) => {
    const sent: Call[] = [];
    const scope = effectScope();
    const undo = scope.run(() => createUndo((c) => (sent.push(c), answer(c))))!;
    return { undo, sent, scope };
  };
  const recall = (id: string): Call => ({ method: "task.recall", params: { id } });

  it("takes back the last act, then the one before", async () => {
    const { undo, sent } = made(() => Promise.resolve());
    undo.offer("a", [recall("t1")]);
    undo.offer("b", [recall("t2")]);
    await undo.run();
    await undo.run();
    await undo.run();
    expect(sent.map((c) => c.params["id"])).toEqual(["t2", "t1"]);
  });
  it("is over after ten seconds", async () => {
    const { undo, sent } = made(() => Promise.resolve());
    undo.offer("a", [recall("t1")]);
    vi.advanceTimersByTime(UNDO_MS + 300);
    await undo.run();
    expect(sent).toEqual([]);
    expect(undo.offers.value).toEqual([]);
  });
  it("says why it failed, stays, and when tried again does only what is left", async () => {
    let refuse = true;
    const { undo, sent } = made((c) => (refuse && c.params["id"] === "t2" ? Promise.reject(new RpcError({ code: -32002, data: {} })) : Promise.resolve()));
    undo.offer("a", [recall("t1"), recall("t2")]);
    await undo.run();
    expect(undo.offers.value[0]).toMatchObject({ state: "failed" });
    vi.advanceTimersByTime(60_000);
    expect(undo.offers.value).toHaveLength(1);
    refuse = false;
    await undo.run(undo.offers.value[0]!.id);
    expect(sent.map((c) => c.params["id"])).toEqual(["t1", "t2", "t2"]);
    expect(undo.offers.value[0]).toMatchObject({ state: "done" });
  });
});

describe("rows that are drawn", () => {
  const starts = Float64Array.from([0, 10, 20, 40, 50]);
  it("are those that touch what is seen", () => {
    expect(visibleRange(starts, 12, 25)).toEqual({ first: 1, end: 3 });
    expect(visibleRange(starts, -100, 5)).toEqual({ first: 0, end: 1 });
    expect(visibleRange(starts, 45, 900)).toEqual({ first: 3, end: 4 });
  });
  it("are none when nothing is seen, or there is nothing", () => {
    expect(visibleRange(starts, -100, -50)).toEqual({ first: 0, end: 0 });
    expect(visibleRange(starts, 900, 1000)).toEqual({ first: 4, end: 4 });
    expect(visibleRange(Float64Array.from([0]), 0, 100)).toEqual({ first: 0, end: 0 });
  });
});

describe("what was typed before", () => {
  beforeEach(() => {
    const kept = new Map<string, string>();
    vi.stubGlobal("localStorage", { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => kept.set(k, v) });
  });
  afterEach(() => void vi.unstubAllGlobals());
  it("comes back, the last first, and what was being typed after it", () => {
    const h = createHistory("a");
    for (const x of ["一", "二", "一"]) h.add(x);
    expect(h.earlier("半句")).toBe("一");
    expect(h.earlier("一")).toBe("二");
    expect(h.earlier("二")).toBe("二"); // no further
    expect(h.later()).toBe("一");
    expect(h.later()).toBe("半句");
    expect(h.browsing.value).toBe(false);
    expect(createHistory("a").earlier("")).toBe("一"); // kept
    expect(createHistory("b").earlier("")).toBeNull(); // each account its own
  });
});
