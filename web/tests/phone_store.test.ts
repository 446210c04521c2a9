import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PhoneStore } from "../field/store";
import type { Incident } from "../shared/types";
import { incident, opened, settle, turn, type World } from "./fakes";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function phone(rows: Incident[]): Promise<{ w: World; store: PhoneStore }> {
  const w = await opened();
  const store = new PhoneStore(w.link);
  store.load({ n: 10, "incident.open": { rows } });
  return { w, store };
}

describe("what the phone knows", () => {
  it("asks once after a burst, for lines of what is not looked at and for the whole of what is", async () => {
    const { w, store } = await phone([incident(11), incident(12)]);
    store.refresh("i12");
    w.socket().event(13, 10, { subject: "i11" });
    w.socket().event(14, 13, { subject: "i11", kind: "task.created" });
    w.socket().event(15, 14, { subject: "i12", kind: "policy.thought" });
    await turn();
    expect(w.socket().last("incident.get_many").params).toEqual({ ids: ["i11"] });
    expect(w.socket().last("incident.get").params).toEqual({ id: "i12" });
    w.socket().reply("incident.get_many", { rows: [incident(11, { rev: 3, state: "handling" })] });
    w.socket().reply("incident.get", incident(12, { rev: 2, text: "all of it" }));
    await settle();
    expect(store.incidents.get("i11")?.state).toBe("handling");
    store.load({ n: 20, "incident.open": { rows: [incident(12, { rev: 3 })] } });
    expect(store.incidents.get("i12")).toMatchObject({ rev: 3, text: "all of it" }); // until it has been asked for again
    expect(store.incidents.has("i11")).toBe(false);
  });

  it("drops what it may not see any more, and asks again when the server is overloaded", async () => {
    const { w, store } = await phone([incident(11), incident(12)]);
    w.socket().event(13, 10, { subject: "i11" });
    w.socket().event(14, 13, { subject: "i12" });
    await turn();
    w.socket().refuse("incident.get_many", -32010, { retry_after_ms: 200 });
    await settle();
    vi.advanceTimersByTime(200);
    await turn();
    w.socket().reply("incident.get_many", { rows: [incident(12, { rev: 2 })] });
    await settle();
    expect([...store.incidents.keys()]).toEqual(["i12"]);
  });

  it("lets an answer that was overtaken say nothing", async () => {
    const { w, store } = await phone([incident(11)]);
    w.socket().event(12, 10, { subject: "i11" });
    await turn();
    const first = w.socket().last("incident.get_many").id;
    w.socket().event(13, 12, { subject: "i11" });
    await turn();
    w.socket().reply("incident.get_many", { rows: [incident(11, { rev: 5, state: "handling" })] });
    await settle();
    w.socket().say({ id: first, result: { rows: [] } });
    await settle();
    expect(store.incidents.get("i11")?.state).toBe("handling");
  });

  it("reads a long list page by page; what ended is gone at the end, what came meanwhile stays", async () => {
    const { w, store } = await phone([incident(5)]);
    store.load({ n: 20, "incident.open": { rows: [incident(30)], next: "i30" } });
    expect(store.loaded.value).toBe(true);
    expect(w.socket().last("incident.open").params).toEqual({ after: "i30" });
    w.socket().event(31, 10, { subject: "i31" });
    await turn();
    w.socket().reply("incident.get_many", { rows: [incident(31)] });
    await settle();
    expect(store.incidents.has("i5")).toBe(true); // not known yet to be gone
    w.socket().reply("incident.open", { rows: [incident(7)] });
    await settle();
    expect([...store.incidents.keys()].sort()).toEqual(["i30", "i31", "i7"]);
  });

  it("takes a command's answer as news, but never an older one", async () => {
    const { store } = await phone([]);
    store.load({
      n: 11,
      "task.mine": { rows: [{ id: "t7", incident: "i5", to: { user: "a" }, state: "seen", rev: 3, created_at: "2026-11-22T01:00:00.000Z" }] },
    });
    store.told({ id: "t7", state: "accepted", rev: 4, n: 12 });
    expect(store.tasks.value[0]?.state).toBe("accepted");
    store.told({ id: "t7", state: "seen", rev: 3, dup: true });
    store.told({ number: 3 });
    expect(store.tasks.value[0]?.state).toBe("accepted");
  });

  it("follows the officer's own tasks", async () => {
    const { w, store } = await phone([]);
    w.socket().event(13, 10, { subject: "i12", kind: "task.created" });
    await turn();
    w.socket().reply("task.mine", { rows: [{ id: "t13", incident: "i12", to: {}, state: "sent", created_at: "" }] });
    await settle();
    expect(store.tasks.value.map((t) => t.id)).toEqual(["t13"]);
  });

  it("believes the answer to a check-in: the next one is due later, and nothing was missed", async () => {
    const { store } = await phone([]);
    const task = { id: "t1", incident: "i1", to: {}, state: "accepted" as const, created_at: "", rev: 3, checkin: { every_ms: 600_000, due_at: "2026-11-22T01:10:00.000Z", missed: 1 } };
    store.tasks.value = [task];
    store.told({ id: "t1", due_at: "2026-11-22T01:20:00.000Z" });
    expect(store.tasks.value[0]).toMatchObject({ state: "accepted", rev: 3, checkin: { due_at: "2026-11-22T01:20:00.000Z", missed: 0 } });
    store.told({ id: "t1", state: "arrived", rev: 4 });
    expect(store.tasks.value[0]).toMatchObject({ state: "arrived", rev: 4 });
  });
});
