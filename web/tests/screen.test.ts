import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { buildOf } from "../screen/alive";
import { followFacts } from "../screen/facts";
import { FITTING, inWindow, place } from "../screen/stage";
import { RpcError, type Link, type LinkState } from "../shared/link";
import type { Entry } from "../shared/types";

describe("the stage", () => {
  it("fits whole and in the middle, stretches to the edges, or has a size of its own", () => {
    expect(place(FITTING, 3840, 2160)).toEqual({ x: 2, y: 2, left: 0, top: 0 });
    expect(place(FITTING, 1366, 1080)).toMatchObject({ x: 1366 / 1920, left: 0, top: (1080 - (1366 / 1920) * 1080) / 2 });
    expect(place({ ...FITTING, mode: "stretch" }, 960, 1080)).toEqual({ x: 0.5, y: 1, left: 0, top: 0 });
    expect(place({ mode: "custom", width: 5760, height: 1080, left: -10, top: 5 }, 100, 100)).toEqual({ x: 3, y: 1, left: -10, top: 5 });
    expect(inWindow({ x: 2, y: 0.5, left: 10, top: 20 }, { left: 100, top: 100, width: 50, height: 60 })).toEqual({ left: 210, top: 70, width: 100, height: 30 });
  });
  it("tells one build from another by the script's name", () => {
    expect(buildOf('<script type="module" crossorigin src="/assets/screen-Ab12Cd34.js"></script>')).toBe("/assets/screen-Ab12Cd34.js");
    expect(buildOf("<html></html>")).toBe("");
  });
});

describe("what the screen asks for", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const world = (answer: (method: string, params: Record<string, unknown>) => unknown) => {
    const asked: string[] = [];
    const entries = new Set<(e: Entry) => void>();
    const states = new Set<(s: LinkState) => void>();
    const link = {
      state: "up" as LinkState,
      query: async (method: string, params: Record<string, unknown> = {}) => {
        asked.push(method);
        const r = answer(method, params);
        if (r instanceof Error) throw r;
        return r;
      },
      watchEntries: (fn: (e: Entry) => void) => (entries.add(fn), () => entries.delete(fn)),
      watchState: (fn: (s: LinkState) => void) => (states.add(fn), () => states.delete(fn)),
    };
    const count = (method: string): number => asked.filter((m) => m === method).length;
    return { facts: followFacts({ link: link as unknown as Link }), link, count, entries, states };
  };
  const plain = (method: string): unknown => (method === "rpc.discover" ? { methods: [{ name: "emergency.open" }] } : { rows: [] });

  it("asks soon after something happened, and once for a flood", async () => {
    const w = world(plain);
    await vi.advanceTimersByTimeAsync(100);
    expect(w.count("stats.overview")).toBe(1);
    for (let n = 0; n < 1000; n++) for (const fn of w.entries) fn({ kind: "incident.reported" } as Entry);
    await vi.advanceTimersByTimeAsync(2000);
    expect(w.count("stats.overview")).toBe(2);
    expect(w.count("incident.open")).toBe(2);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(w.count("stats.overview")).toBe(3);
    expect(w.count("stats.times")).toBe(1);
    w.facts.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(w.count("stats.overview")).toBe(3);
    expect(w.entries.size + w.states.size).toBe(0);
  });

  it("takes the list page by page and keeps of a row what is shown", async () => {
    const row = (n: number) => ({ id: `i${n}`, number: n, level: 2, state: "reported", title: "t", category: "fire", reported_at: "x", where: { township: "A" }, tasks: [1, 2, 3], text: "long" });
    const w = world((m, p) => (m === "incident.open" ? (p["after"] ? { rows: [row(2)] } : { rows: [row(1)], next: "1" }) : plain(m)));
    await vi.advanceTimersByTimeAsync(100);
    expect(w.facts.open.value.map((r) => r.id)).toEqual(["i1", "i2"]);
    expect(Object.keys(w.facts.open.value[0]!).sort()).toEqual(["category", "id", "lat", "level", "lon", "number", "reported_at", "state", "title", "where"]);
    w.facts.stop();
  });

  it("asks nothing while the link is down, everything when it is back, and leaves out what the account may not", async () => {
    const w = world((m) => (m === "stats.overview" ? new RpcError({ code: -32003 }) : plain(m)));
    await vi.advanceTimersByTimeAsync(100);
    expect(w.facts.refused.value).toBeInstanceOf(RpcError);
    expect(w.count("panic.open")).toBe(0);
    expect(w.count("emergency.open")).toBe(1);
    w.link.state = "down";
    const before = w.count("stats.overview");
    await vi.advanceTimersByTimeAsync(120_000);
    expect(w.count("stats.overview")).toBe(before);
    w.link.state = "up";
    for (const fn of w.states) fn("up");
    await vi.advanceTimersByTimeAsync(2000);
    expect(w.count("stats.overview")).toBe(before + 1);
    expect(w.count("stats.hours")).toBe(2);
    w.facts.stop();
  });
});
