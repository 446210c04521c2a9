import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ref } from "vue";
import { answerOf, unanswered } from "../field/callouts";
import { watches, watchOf } from "../field/checkin";
import { fateOf, followOrders, missing, orderOf } from "../field/orders";
import { followRows } from "../shared/follow";
import type { Waiting } from "../shared/outbox";
import type { PhoneSession } from "../field/parts";
import { PhoneStore } from "../field/store";
import type { Emergency, Incident, MyTask } from "../shared/types";
import { opened, settle } from "./fakes";

const T0 = Date.parse("2026-11-22T01:00:00.000Z");
const at = (s: number) => new Date(T0 + s * 1000).toISOString();
const task = (more: Partial<MyTask> = {}): MyTask => ({ id: "t1", incident: "i1", number: 1, incident_title: "后山冒烟", to: { user: "me" }, state: "accepted", created_at: at(0), ...more });
const waits = (method: string, more: Partial<Waiting> = {}): Waiting => ({ idem: "x", method, params: {}, lane: "t1", queuedAt: T0, tries: 0, ...more });

describe("check-ins", () => {
  const watched = (more = {}) => task({ checkin: { every_ms: 600_000, grace_ms: 60_000, due_at: at(600), ...more } });
  it("are nothing to a task without them", () => {
    expect(watchOf(task(), [], T0, 0)).toBeNull();
    expect(watchOf(task({ checkin: { raised_at: at(0) } }), [], T0, 0)).toBeNull();
  });
  it("become loud when due, and stay so", () => {
    expect(watchOf(watched(), [], T0 + 599_999, 0)).toMatchObject({ loud: false, missed: false });
    expect(watchOf(watched(), [], T0 + 600_000, 0)).toMatchObject({ loud: true, missed: false });
  });
  it("stay loud after a miss, although the next one is due later", () => {
    expect(watchOf(watched({ due_at: at(1200), missed: 1 }), [], T0 + 700_000, 0)).toMatchObject({ loud: true, missed: true });
  });
  it("count from when he pressed, while that waits in the phone; then shout again", () => {
    const pressed = [waits("task.check_in", { queuedAt: T0 + 605_000 - 5000 })]; // this phone is 5 s behind
    expect(watchOf(watched({ missed: 1 }), pressed, T0 + 606_000, 5000)).toMatchObject({ loud: false, waiting: true, dueMs: T0 + 1_205_000 });
    expect(watchOf(watched(), pressed, T0 + 1_205_000, 5000)).toMatchObject({ loud: true, waiting: true });
  });
  it("put the loud ones first", () => {
    const tasks = [watched({ due_at: at(100) }), { ...watched({ due_at: at(900), missed: 2 }), id: "t2" }, { ...task(), id: "t3" }];
    expect(watches(tasks, [], T0, 0).map((w) => w.task.id)).toEqual(["t2", "t1"]);
  });
});

describe("call-outs", () => {
  const e = (mine?: Emergency["mine"]): Emergency => ({ id: "e1", title: "防汛", level: 1, org: "o", started_by: "x", started_at: at(0), ...(mine ? { mine } : {}) });
  it("wait for an answer until there is one, sent or not", () => {
    const called = e({ calls: 1 });
    expect(unanswered([called, e()], [])).toEqual([called]);
    const said = waits("emergency.answer", { lane: "e1", params: { coming: false } });
    expect(answerOf(called, [said])).toEqual({ coming: false, waiting: true });
    expect(unanswered([called], [said])).toEqual([]);
    expect(answerOf(e({ calls: 2, coming: true }), [])).toEqual({ coming: true, waiting: false });
  });
});

describe("orders that ended without him", () => {
  const incident = (tasks: Incident["tasks"]): Incident => ({ id: "i1", number: 1, rev: 1, state: "dispatched", category: "fire", level: 3, title: "后山冒烟", reported_at: at(0), ...(tasks ? { tasks } : {}) });
  const order = orderOf(task());
  it("are those that are gone from the list", () => {
    expect(missing([order, { ...order, id: "t2" }], [task({ id: "t2" })])).toEqual([order]);
  });
  it("say why, and who goes instead; what he ended himself is no news", () => {
    const recalled = task({ state: "recalled", reason: "离得更近", reassigned_to: "t2" });
    expect(fateOf(order, incident([recalled, task({ id: "t2", name: "张三" })]))).toEqual({ ...order, state: "recalled", reason: "离得更近", instead: "张三" });
    expect(fateOf(order, incident([task({ state: "expired" })]))).toEqual({ ...order, state: "expired" });
    expect(fateOf(order, incident([task({ state: "finished" })]))).toBeNull();
    expect(fateOf(order, incident([]))).toBeNull();
  });

  it("are remembered across a reload, asked about once, and kept until read", async () => {
    const kept = new Map<string, string>();
    const storage = { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v) };
    const visit = async () => {
      const w = await opened();
      const store = new PhoneStore(w.link);
      const session = { link: w.link, store, linkState: ref("up") } as unknown as PhoneSession;
      const told: string[] = [];
      const orders = followOrders(session, storage, "k", (g) => told.push(g.id));
      return { w, store, orders, told };
    };
    const first = await visit();
    first.store.load({ n: 10, "task.mine": { rows: [task({ state: "sent" })] } });
    await settle();
    first.orders.stop();

    const second = await visit();
    await settle();
    expect(second.w.socket().has("incident.get")).toBe(false); // nothing is known before the snapshot
    second.store.load({ n: 20, "task.mine": { rows: [] } });
    await settle();
    second.w.socket().reply("incident.get", incident([task({ state: "expired" })]));
    await settle();
    expect(second.told).toEqual(["t1"]);
    expect(second.orders.gone.value).toMatchObject([{ id: "t1", state: "expired", title: "后山冒烟" }]);
    second.orders.stop();

    const third = await visit();
    third.store.load({ n: 30, "task.mine": { rows: [] } });
    await settle();
    expect(third.w.socket().has("incident.get")).toBe(false);
    expect(third.orders.gone.value).toHaveLength(1);
    third.orders.dismiss("t1");
    third.orders.stop();
    expect((await visit()).orders.gone.value).toEqual([]);
  });
});

describe("a list that is followed", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  it("is taken from the snapshot, and asked for once after a burst that concerns it", async () => {
    const w = await opened();
    const f = followRows<{ id: string }>({ link: w.link }, "emergency.open", (e) => e.kind.startsWith("emergency."));
    await vi.advanceTimersByTimeAsync(1);
    w.socket().reply("emergency.open", { rows: [{ id: "e1" }] });
    await settle();
    expect(f.rows.value).toEqual([{ id: "e1" }]);
    const asked = () => w.socket().sent.filter((m) => m.method === "emergency.open").length;
    w.socket().event(11, 10, { subject: "e1", kind: "emergency.called" });
    w.socket().event(12, 11, { subject: "e1", kind: "emergency.called" });
    w.socket().event(13, 12, { subject: "i1", kind: "incident.reported" });
    await vi.advanceTimersByTimeAsync(200);
    expect(asked()).toBe(2);
    w.socket().reply("emergency.open", { rows: [] });
    await settle();
    expect(f.rows.value).toEqual([]);
    f.stop();
    w.socket().event(14, 13, { subject: "e1", kind: "emergency.called" });
    await vi.advanceTimersByTimeAsync(200);
    expect(asked()).toBe(2);
  });
});
