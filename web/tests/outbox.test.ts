import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Outbox } from "../shared/outbox";
import { opened, settle } from "./fakes";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function memory(): Pick<Storage, "getItem" | "setItem"> {
  const m = new Map<string, string>();
  return { getItem: (k) => m.get(k) ?? null, setItem: (k, v) => void m.set(k, v) };
}

describe("the outbox", () => {
  it("sends one lane in order, lanes side by side", async () => {
    const w = await opened();
    const o = new Outbox(w.link, memory(), "k");
    o.put("task.accept", { id: "t1" });
    o.put("task.arrive", { id: "t1" });
    o.put("task.accept", { id: "t2" });
    const sent = () => w.socket().sent.filter((m) => m.method?.startsWith("task.")).map((m) => `${m.method} ${String(m.params["id"])}`);
    expect(sent()).toEqual(["task.accept t1", "task.accept t2"]);
    w.socket().say({ id: w.socket().sent.find((m) => m.method === "task.accept")?.id, result: {} });
    await settle();
    expect(sent()).toEqual(["task.accept t1", "task.accept t2", "task.arrive t1"]);
  });

  it("survives a reload: the same command leaves with the same key, once", async () => {
    const store = memory();
    const a = await opened();
    a.socket().drop(1006);
    new Outbox(a.link, store, "k").put("incident.report", { title: "x" });
    expect(a.socket().has("incident.report")).toBe(false);
    const kept = JSON.parse(store.getItem("k") ?? "[]") as { idem: string }[];

    const b = await opened(); // the page after the reload
    const again = new Outbox(b.link, store, "k");
    const sent = b.socket().last("incident.report");
    expect(sent.params).toEqual({ title: "x", idem: kept[0]?.idem });
    b.socket().reply("incident.report", { number: 1 });
    await settle();
    expect(again.waiting.value).toEqual([]);
    expect(store.getItem("k")).toBe("[]");
  });

  it("keeps what fails for a passing reason, tells what fails for good", async () => {
    const w = await opened();
    const o = new Outbox(w.link, memory(), "k");
    o.put("task.accept", { id: "t1" });
    w.socket().refuse("task.accept", -32030);
    await settle();
    expect(o.waiting.value).toHaveLength(1);
    vi.advanceTimersByTime(3000);
    w.socket().refuse("task.accept", -32009, { message_zh: "已撤回" });
    await settle();
    expect(o.waiting.value).toEqual([]);
    expect(o.refused.value.map((r) => r.error.zh)).toEqual(["已撤回"]);
  });

  it("does not bother anybody with a receipt that was refused", async () => {
    const w = await opened();
    const o = new Outbox(w.link, memory(), "k");
    o.put("task.delivered", { id: "t1" }, { quiet: true });
    w.socket().refuse("task.delivered", -32009);
    await settle();
    expect(o.refused.value).toEqual([]);
  });

  it("hands the result to whoever waits for it", async () => {
    const w = await opened();
    const o = new Outbox(w.link, memory(), "k");
    const got: unknown[] = [];
    o.put("incident.report", { title: "x" }, { onDone: (r) => got.push(r) });
    w.socket().reply("incident.report", { number: 12 });
    await settle();
    expect(got).toEqual([{ number: 12 }]);
  });

  it("starts empty from a storage it cannot read", async () => {
    const w = await opened();
    const o = new Outbox(w.link, { getItem: () => "{oops", setItem: () => undefined }, "k");
    expect(o.waiting.value).toEqual([]);
  });
});
