import { describe, expect, it, vi } from "vitest";

// The phone's route reads the address when it is loaded; here there is none.
vi.stubGlobal("location", { hash: "" });
vi.stubGlobal("addEventListener", () => undefined);

const { createPress } = await import("../field/safety/press");
const { addFix } = await import("../field/safety/walk");
const { answerOf, isMine } = await import("../field/safety/alarms");
type Told = import("../shared/alarms").Told;
type PanicAlarm = import("../shared/alarms").PanicAlarm;
type Walk = import("../field/safety/walk").Walk;

describe("the panic button", () => {
  const tap = (p: ReturnType<typeof createPress>, at: number, held = 80) => (p.down(at), p.up(at + held));
  it("means three quick taps, not one and not three slow ones", () => {
    const p = createPress();
    expect(tap(p, 1000)).toBe(false);
    expect(tap(p, 1400)).toBe(false);
    expect(tap(p, 1800)).toBe(true);
    expect(tap(p, 2200)).toBe(false); // counted anew
    const slow = createPress();
    expect([tap(slow, 0), tap(slow, 2000), tap(slow, 4000)]).toEqual([false, false, false]);
  });
  it("forgets a tap that slid away or was held", () => {
    const p = createPress();
    tap(p, 1000);
    tap(p, 1400);
    p.cancel();
    expect(tap(p, 1800)).toBe(false);
    const held = createPress();
    tap(held, 0);
    tap(held, 400, 1500);
    expect(tap(held, 2000)).toBe(false);
  });
});

const told = (who: string, why: Told["why"], more: Partial<Told> = {}): Told => ({ who, why, step: 0, told_at: "2026-11-22T00:00:00Z", ...more });
const alarm = (more: Partial<PanicAlarm>): PanicAlarm => ({ told: [], by: "grandpa", id: "p1", raised_at: "2026-11-22T00:00:00Z", occurred_at: "2026-11-22T00:00:00Z", ...more }) as PanicAlarm;
const at = "2026-11-22T00:01:00Z";

describe("an alarm", () => {
  it("is his who pressed, or for whom it was pressed", () => {
    expect(isMine(alarm({ user: "grandpa" }), "grandpa")).toBe(true);
    expect(isMine(alarm({ by: "dispatcher", user: "grandpa" }), "dispatcher")).toBe(false);
    expect(isMine(alarm({ by: "gateway" }), "gateway")).toBe(true);
  });
  it("knows what was answered, also what waits to be sent", () => {
    const a = alarm({ mine: ["user/me"], rings: true, told: [told("user/me", "village")] });
    const queued = (params: object) => [{ method: "panic.acknowledge", params: { id: "p1", ...params } }] as never;
    expect(answerOf(a, "me", [])).toBe("");
    expect(answerOf(a, "me", queued({ coming: true }))).toBe("coming");
    expect(answerOf(a, "me", queued({ coming: false }))).toBe("not");
    expect(answerOf(a, "me", queued({}))).toBe("know");
    const done = alarm({ mine: ["user/me"], told: [told("user/me", "village", { answered_at: at, coming: true })] });
    expect(answerOf(done, "me", [])).toBe("coming");
  });
});

describe("a patrol", () => {
  const walk = (): Walk => ({ key: "k", name: "", points: [], startedMs: 0, done: {}, metres: 0, fixes: [] });
  it("keeps the fixes that say something new", () => {
    let w = walk();
    const add = (lon: number, ms: number) => {
      const next = addFix(w, [lon, 27.1, ms]);
      if (next) w = next;
      return next !== null;
    };
    expect(add(110.5, 1000)).toBe(true);
    expect(add(110.50001, 20_000)).toBe(false); // a metre: it lies in a pocket
    expect(add(110.50001, 62_000)).toBe(true); // still there, a minute later
    expect(add(110.5, 50_000)).toBe(false); // older than the one before
    expect(add(110.5011, 70_000)).toBe(true);
    expect(Math.round(w.metres)).toBeGreaterThan(100);
    expect(w.fixes.length).toBe(3);
  });
});
