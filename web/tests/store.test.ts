import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Store } from "../shared/store";
import type { Incident } from "../shared/types";
import { incident, opened, settle, turn, type World } from "./fakes";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function pageWith(rows: Incident[]): Promise<{ w: World; store: Store }> {
  const w = await opened();
  const store = new Store({ link: w.link });
  store.load({ n: 10, "incident.open": { rows } });
  return { w, store };
}

describe("the store", () => {
  it("is not loaded before a snapshot, so that empty means nothing yet", async () => {
    const w = await opened();
    expect(new Store({ link: w.link }).loaded.value).toBe(false);
  });

  it("merges a burst about one incident into one question", async () => {
    const { w, store } = await pageWith([]);
    const news: string[] = [];
    store.watchNew((i) => news.push(i.id));
    w.socket().event(11, 10, { subject: "i11" });
    w.socket().event(12, 11, { subject: "i11", kind: "incident.dispatched" });
    w.socket().event(13, 12, { subject: "i11", kind: "task.created" });
    await turn();
    expect(w.socket().sent.filter((m) => m.method === "incident.get_many")).toHaveLength(1);
    w.socket().reply("incident.get_many", { rows: [incident(11, { rev: 3, state: "dispatched" })] });
    await settle();
    expect(store.open.value.map((i) => i.state)).toEqual(["dispatched"]);
    expect(news).toEqual(["i11"]);
  });

  it("asks again when an entry arrives while the answer is under way", async () => {
    const { w, store } = await pageWith([incident(11)]);
    w.socket().event(12, 10, { subject: "i11" });
    await turn();
    const first = w.socket().last("incident.get_many").id;
    w.socket().event(13, 12, { subject: "i11" });
    await turn();
    const second = w.socket().last("incident.get_many").id;
    expect(second).not.toBe(first);
    w.socket().say({ id: second, result: { rows: [incident(11, { rev: 5, state: "handling" })] } });
    await settle();
    w.socket().say({ id: first, result: { rows: [incident(11, { rev: 4 })] } }); // overtaken
    await settle();
    expect(store.incidents.get("i11")?.state).toBe("handling");
  });

  it("keeps an ended incident for its reader but not in the list", async () => {
    const { w, store } = await pageWith([incident(11)]);
    w.socket().event(12, 10, { subject: "i11", kind: "incident.closed" });
    await turn();
    w.socket().reply("incident.get_many", { rows: [incident(11, { rev: 9, state: "closed" })] });
    await settle();
    expect(store.open.value).toEqual([]);
    expect(store.incidents.get("i11")?.state).toBe("closed");
  });

  it("drops what it may not see any more", async () => {
    const { w, store } = await pageWith([incident(11)]);
    w.socket().event(12, 10, { subject: "i11" });
    await turn();
    w.socket().reply("incident.get_many", { rows: [] });
    await settle();
    expect(store.incidents.size).toBe(0);
  });

  it("tries again when the server is overloaded", async () => {
    const { w, store } = await pageWith([incident(11)]);
    w.socket().event(12, 10, { subject: "i11" });
    await turn();
    w.socket().refuse("incident.get_many", -32010, { retry_after_ms: 200 });
    await settle();
    vi.advanceTimersByTime(200);
    await turn();
    w.socket().reply("incident.get_many", { rows: [incident(11, { rev: 2, state: "accepted" })] });
    await settle();
    expect(store.incidents.get("i11")?.state).toBe("accepted");
  });

  it("asks for a thousand that changed a hundred at a time, and never for the list", async () => {
    const rows = Array.from({ length: 1000 }, (_, k) => incident(k + 11));
    const { w, store } = await pageWith(rows);
    for (let k = 0; k < 1000; k++) w.socket().event(2000 + k, k ? 1999 + k : 10, { subject: `i${k + 11}`, kind: "incident.commented" });
    await turn();
    const asked = () => w.socket().sent.filter((m) => m.method === "incident.get_many");
    expect(asked()).toHaveLength(4); // at once
    for (let n = 0; n < 10; n++) {
      const m = asked()[n]!;
      const ids = m.params["ids"] as string[];
      expect(ids).toHaveLength(100);
      w.socket().say({ id: m.id, result: { rows: ids.map((id) => ({ ...incident(Number(id.slice(1))), rev: 2 })) } });
      await settle();
    }
    expect(asked()).toHaveLength(10);
    expect(w.socket().has("incident.open")).toBe(false);
    expect(store.open.value.every((i) => i.rev === 2)).toBe(true);
  });

  it("reads a long list page by page; what came meanwhile stays, what ended is gone at the end", async () => {
    const { w, store } = await pageWith([incident(5)]);
    const news: string[] = [];
    store.watchNew((i) => news.push(i.id));
    store.load({ n: 20, "incident.open": { rows: [incident(30), incident(29)], next: "i29" } });
    expect(store.loaded.value).toBe(true);
    expect(store.complete.value).toBe(false);
    expect(w.socket().last("incident.open").params).toEqual({ after: "i29" });
    expect(store.incidents.has("i5")).toBe(true); // not known yet to be gone
    w.socket().event(31, 10, { subject: "i31" }); // reported meanwhile
    w.socket().event(32, 31, { subject: "i12", kind: "incident.accepted" }); // an old one, of a later page
    await turn();
    w.socket().reply("incident.get_many", { rows: [incident(31), incident(12, { rev: 7 })] });
    await settle();
    expect(news).toEqual(["i31"]);
    w.socket().reply("incident.open", { rows: [incident(13), incident(12, { rev: 6 })], next: "i12" });
    await settle();
    w.socket().reply("incident.open", { rows: [incident(7)] });
    await settle();
    expect(store.complete.value).toBe(true);
    expect([...store.incidents.keys()].sort()).toEqual(["i12", "i13", "i29", "i30", "i31", "i7"]);
    expect(store.incidents.get("i12")?.rev).toBe(7);
  });

  it("goes on where a page failed", async () => {
    const { w, store } = await pageWith([]);
    store.load({ n: 20, "incident.open": { rows: [incident(30)], next: "i30" } });
    w.socket().refuse("incident.open", -32010);
    await settle();
    vi.advanceTimersByTime(1000);
    await settle();
    w.socket().reply("incident.open", { rows: [incident(29)] });
    await settle();
    expect(store.complete.value).toBe(true);
    expect(store.open.value).toHaveLength(2);
  });

  it("asks for the whole of what somebody looks at, each time it changes, and for lines of the rest", async () => {
    const { w, store } = await pageWith([incident(11), incident(12)]);
    store.refresh("i11");
    await turn();
    w.socket().reply("incident.get", incident(11, { text: "全文" }));
    await settle();
    w.socket().event(13, 10, { subject: "i11" });
    w.socket().event(14, 13, { subject: "i12" });
    await turn();
    expect(w.socket().last("incident.get").params).toEqual({ id: "i11" });
    expect(w.socket().last("incident.get_many").params).toEqual({ ids: ["i12"] });
    w.socket().refuse("incident.get", -32004);
    w.socket().reply("incident.get_many", { rows: [incident(12)] });
    await settle();
    expect([...store.incidents.keys()]).toEqual(["i12"]);
  });

  it("does not keep every case of a week", async () => {
    const { store } = await pageWith([]);
    for (let n = 1; n <= 300; n++) store.put(incident(n, { state: "closed" }));
    expect(store.incidents.size).toBe(200);
    expect(store.incidents.has("i300")).toBe(true);
  });

  it("a snapshot replaces everything and outdates answers under way", async () => {
    const { w, store } = await pageWith([incident(11), incident(12)]);
    w.socket().event(13, 10, { subject: "i12" });
    await turn();
    store.load({ n: 20, "incident.open": { rows: [incident(11, { rev: 4 })] } });
    w.socket().reply("incident.get_many", { rows: [incident(12, { rev: 2 })] });
    await settle();
    expect([...store.incidents.keys()]).toEqual(["i11"]);
  });

  it("does not ask about what concerns no incident", async () => {
    const { w } = await pageWith([]);
    w.socket().event(13, 10, { subject: "officer-0001", kind: "duty.started" });
    await turn();
    expect(w.socket().has("incident.get_many")).toBe(false);
  });
});
