import { describe, expect, it } from "vitest";
import { draftParams, emptyDraft } from "../field/draft";
import { readKept } from "../field/kept";
import { deedsOf, effectiveState, takenBy } from "../field/tasks";
import { clockView, durationText, pressingClock } from "../shared/clock";
import { newIdem } from "../shared/ids";
import { rungsFrom, stepsOf, taskVerbsOf, verbsOf } from "../console/verbs";
import { compareIncidents, isUnassigned, matcher, type Filter } from "../shared/incident";
import type { Waiting } from "../shared/outbox";
import type { Clock, Incident, MyTask, Task } from "../shared/types";

const T0 = Date.parse("2026-11-22T01:00:00.000Z");
const at = (s: number) => new Date(T0 + s * 1000).toISOString();
const clock = (more: Partial<Clock> = {}): Clock => ({
  name: "dispatch",
  state: "running",
  from_at: at(0),
  due_at: at(300),
  limit_ms: 300_000,
  ...more,
});
const incident = (more: Partial<Incident> = {}): Incident => ({
  id: "i1",
  number: 1,
  rev: 1,
  state: "reported",
  category: "fire",
  level: 4,
  title: "后山冒烟",
  reported_at: at(0),
  ...more,
});
const task = (more: Partial<Task> = {}): Task => ({ id: "t1", incident: "i1", to: { user: "officer-0001" }, name: "肖建国", state: "sent", created_at: at(0), ...more });

describe("clocks", () => {
  it("write durations", () => {
    expect([0, 999, 61_000, 3_599_999, 3_600_000, 37_230_000, -5].map(durationText)).toEqual(["00:00", "00:00", "01:01", "59:59", "1:00:00", "10:20:30", "00:00"]);
  });
  it("turn amber at half, red at four fifths, then count up", () => {
    const view = (s: number) => clockView(clock(), T0 + s * 1000);
    expect(view(0)).toMatchObject({ urgency: "calm", text: "05:00" });
    expect(view(149).urgency).toBe("calm");
    expect(view(150)).toMatchObject({ urgency: "amber", text: "02:30" });
    expect(view(240)).toMatchObject({ urgency: "red", text: "01:00" });
    expect(view(300)).toMatchObject({ urgency: "red", text: "00:00" });
    expect(view(490)).toMatchObject({ urgency: "breached", text: "+03:10" });
  });
  it("believe the server about a breach", () => {
    expect(clockView(clock({ state: "breached" }), T0 + 299_000)).toMatchObject({ urgency: "breached", text: "+00:00" });
  });
  it("tell a grace that runs from its end", () => {
    expect(clockView(clock({ state: "overdue", grace_ms: 60_000 }), T0 + 320_000)).toMatchObject({ urgency: "overdue", text: "+00:20" });
    expect(clockView(clock({ state: "running", grace_ms: 60_000 }), T0 + 301_000).urgency).toBe("overdue");
    expect(clockView(clock({ state: "breached", grace_ms: 60_000 }), T0 + 400_000).urgency).toBe("breached");
  });
  it("show how long it took once stopped, and what was left when paused", () => {
    expect(clockView(clock({ state: "met", stopped_at: at(75) }), T0 + 9e6)).toMatchObject({ urgency: "met", text: "01:15" });
    expect(clockView(clock({ state: "met_late", stopped_at: at(360) }), T0 + 9e6)).toMatchObject({ urgency: "late", text: "+01:00" });
    expect(clockView(clock({ state: "paused", remaining_ms: 90_000 }), T0 + 9e6)).toMatchObject({ urgency: "paused", text: "01:30" });
    expect(clockView(clock({ state: "stopped", stopped_at: at(75) }), T0).urgency).toBe("stopped");
  });
  it("choose the one that is due first among those that run", () => {
    const clocks = [clock({ name: "a", state: "met", due_at: at(1) }), clock({ name: "b", due_at: at(900) }), clock({ name: "c", due_at: at(60) })];
    expect(pressingClock(clocks)?.name).toBe("c");
    expect(pressingClock([])).toBeNull();
  });
});

describe("the list", () => {
  it("puts the unassigned first, then level, then the longest waiting", () => {
    const rows = [
      incident({ id: "handled", state: "handled", level: 1 }),
      incident({ id: "going", state: "handling", level: 1, tasks: [task({ state: "accepted" })] }),
      incident({ id: "young", reported_at: at(50) }),
      incident({ id: "old", reported_at: at(10) }),
      incident({ id: "red", level: 1, reported_at: at(90) }),
    ];
    expect(rows.sort(compareIncidents).map((i) => i.id)).toEqual(["red", "old", "young", "going", "handled"]);
  });
  it("counts a dispatched incident whose people all declined as unassigned", () => {
    expect(isUnassigned(incident({ state: "dispatched", tasks: [task({ state: "declined" })] }))).toBe(true);
    expect(isUnassigned(incident({ state: "dispatched", tasks: [task()] }))).toBe(false);
    expect(isUnassigned(incident({ state: "handling", tasks: [task({ state: "finished" })] }))).toBe(false);
  });
  it("filters and searches", () => {
    const i = incident({ number: 12, where: { village: "平青村" }, tasks: [task()], state: "dispatched" });
    const matches = (x: Incident, filter: Filter, level: number, search: string, now: number) => matcher({ filter, level, search }, now)(x);
    const hit = (q: string) => matches(i, "all", 0, q, T0);
    expect([hit("#12"), hit("冒烟 平青"), hit("肖建国"), hit("OFFICER-0001"), hit("没有")]).toEqual([true, true, true, true, false]);
    expect(matches(i, "unassigned", 0, "", T0)).toBe(false);
    expect(matches(i, "active", 4, "", T0)).toBe(true);
    expect(matches(i, "active", 1, "", T0)).toBe(false);
    expect(matches(incident({ clocks: [clock()] }), "overdue", 0, "", T0 + 301_000)).toBe(true);
  });
  it("offers the verbs of the state that this person may use", () => {
    const steps = stepsOf([
      { name: "verify", steps: { handled: "verified" } },
      { name: "verify", steps: { handled: "accepted" } },
      { name: "close", steps: { verified: "closed" } },
      { name: "comment", steps: { handled: "handled", verified: "verified" } },
      { name: "begin", steps: { handled: "handling" } }, // the server's own: no button
    ]);
    const taskSteps = new Map();
    expect(verbsOf(incident({ state: "handled" }), { allowed: null, steps, taskSteps })).toEqual(["pass", "fail", "comment"]);
    expect(verbsOf(incident({ state: "verified" }), { allowed: new Set(["incident.comment"]), steps, taskSteps })).toEqual(["comment"]);
    expect(verbsOf(incident({ state: "merged" }), { allowed: null, steps, taskSteps })).toEqual([]);
  });
  it("offers what a desk can do with a task: the lead at work is not withdrawn, a helper is", () => {
    const open = { sent: "recalled", accepted: "recalled", arrived: "recalled" };
    const rules = {
      allowed: null,
      steps: new Map(),
      taskSteps: stepsOf([
        { name: "recall", steps: { sent: "recalled" } },
        { name: "release", steps: open },
        { name: "reassign", steps: open },
        { name: "lead", steps: { sent: "sent", accepted: "accepted" } },
        { name: "checkin_start", steps: { accepted: "accepted" } },
      ]),
    };
    expect(taskVerbsOf(task({ role: "lead" }), rules)).toEqual(["reassign", "recall"]);
    expect(taskVerbsOf(task({ role: "lead", state: "accepted" }), rules)).toEqual(["reassign", "checkin_start"]);
    expect(taskVerbsOf(task({ role: "assist", state: "accepted", checkin: { every_ms: 900_000 } }), rules)).toEqual(["reassign", "recall", "lead", "checkin_stop"]);
    expect(taskVerbsOf(task({ state: "finished" }), rules)).toEqual([]);
    expect(taskVerbsOf(task({ state: "accepted" }), { ...rules, allowed: new Set(["task.lead"]) })).toEqual(["lead"]);
  });
  it("offers the rungs above and below the owner", () => {
    expect(rungsFrom("police_post", "above")).toEqual(["township", "county"]);
    expect(rungsFrom("grid", "below")).toEqual(["household", "courtyard"]);
    expect(rungsFrom(undefined, "below")).toEqual([]);
  });
});

describe("the officer's side", () => {
  const mine = (state: MyTask["state"]): MyTask => ({ ...task({ state }) });
  const waits = (method: string): Waiting => ({ idem: "x", method, params: {}, lane: "t1", queuedAt: 0, tries: 0 });
  it("moves a task on by what waits to be sent", () => {
    expect(effectiveState(mine("seen"), [waits("task.accept"), waits("task.arrive")])).toBe("arrived");
    expect(effectiveState(mine("seen"), [{ ...waits("task.accept"), lane: "t2" }])).toBe("seen");
    expect(effectiveState(mine("sent"), [waits("task.delivered")])).toBe("sent");
  });
  it("lets an order that nobody accepted lapse at its end, also without a network", () => {
    const order = { ...mine("delivered"), expires_at: at(60) };
    expect(effectiveState(order, [], T0 + 59_000)).toBe("delivered");
    expect(effectiveState(order, [], T0 + 60_000)).toBe("expired");
    expect(effectiveState(order, [waits("task.accept")], T0 + 60_000)).toBe("accepted");
  });
  it("says who of the team took it", () => {
    const team = { ...mine("accepted"), to: { team: "d1" }, accepted_by: "officer-0002" };
    expect([takenBy(team, "officer-0001"), takenBy(team, "officer-0002"), takenBy(mine("accepted"), "x")]).toEqual(["officer-0002", "", ""]);
  });
  it("offers what comes next, feedback before finishing", () => {
    expect(deedsOf("delivered")).toEqual(["accept", "decline"]);
    expect(deedsOf("arrived")).toEqual(["feedback"]);
    expect(deedsOf("fed_back")).toEqual(["finish", "feedback"]);
    expect(deedsOf("finished")).toEqual([]);
  });

  const grid = "430525100201-01";
  const words = { category: "火情", facts: "有人受伤" };
  it("turns a draft into a report", () => {
    const d = { ...emptyDraft(grid), category: "fire", minutesAgo: 10, text: "快来" };
    expect(draftParams(d, grid, words)).toEqual({ params: { category: "fire", title: "火情", text: "有人受伤\n快来", grid } });
    const onMap = { ...d, where: "map" as const, spot: { lon: 110.57, lat: 27.06 }, level: 1, title: " 着火 ", files: [{ sha256: "ab", kind: "photo" as const }] };
    expect(draftParams(onMap, grid, words)).toMatchObject({ params: { title: "着火", level: 1, place: { lon: 110.57, lat: 27.06 }, attachments: ["ab"] } });
  });
  it("says what a draft lacks", () => {
    const d = { ...emptyDraft("430525"), category: "fire" };
    expect(draftParams(emptyDraft(grid), grid, words)).toEqual({ problem: "report.needCategory" });
    expect(draftParams(d, "430525", words)).toEqual({ problem: "report.needPlace" });
    expect(draftParams({ ...d, where: "map" }, "430525", words)).toEqual({ problem: "report.needPlace" });
  });
  it("reads back a kept draft, also one of an older shape or none", () => {
    const kept = (text: string | null) => readKept({ getItem: () => text }, "k", emptyDraft(grid));
    expect(kept('{"title":"x"}')).toMatchObject({ title: "x", where: "grid", facts: [] });
    expect(kept("{oops")).toEqual(emptyDraft(grid));
    expect(kept(null)).toEqual(emptyDraft(grid));
  });
});

describe("keys", () => {
  it("start with the time and never repeat", () => {
    const keys = new Set(Array.from({ length: 1000 }, () => newIdem(T0)));
    expect(keys.size).toBe(1000);
    for (const k of keys) {
      expect(k.startsWith(`${T0.toString(36)}-`)).toBe(true);
      expect(k.length).toBeGreaterThanOrEqual(16);
      expect(k.length).toBeLessThanOrEqual(64);
    }
  });
});
