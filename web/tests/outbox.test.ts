import "fake-indexeddb/auto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Outbox, toCome, type Waiting } from "../shared/outbox";
import { Shelf } from "../shared/shelf";
import { opened, world, type World } from "./fakes";

/** What a browser has besides the database. */
function memory(): Pick<Storage, "getItem" | "setItem"> {
  const m = new Map<string, string>();
  return { getItem: (k) => m.get(k) ?? null, setItem: (k, v) => void m.set(k, v) };
}
let serial = 0;
const phone = (spare = memory()) => ({ name: `phone-${++serial}`, spare });
const shelfOf = (p: ReturnType<typeof phone>) => new Shelf<Waiting>(p.name, p.spare);
const open: Outbox[] = [];
async function box(w: World, p = phone(), send?: (sha256: string, blob: Blob) => Promise<unknown>): Promise<Outbox> {
  const o = new Outbox(w.link, shelfOf(p), undefined, send);
  open.push(o);
  await o.ready;
  return o;
}
/** The database answers in its own time. */
const until = (ok: () => unknown) => vi.waitFor(async () => expect(await ok()).toBeTruthy(), { timeout: 4000, interval: 5 });
const sent = (w: World) => w.socket().sent.filter((m) => m.params && "idem" in m.params).map((m) => `${m.method} ${String(m.params["id"] ?? m.params["title"])}`);

afterEach(() => {
  for (const o of open.splice(0)) o.stop();
  vi.restoreAllMocks();
});

describe("the outbox", () => {
  it("sends one lane in order, lanes side by side", async () => {
    const w = await opened();
    const o = await box(w);
    o.put("task.accept", { id: "t1" });
    o.put("task.arrive", { id: "t1" });
    o.put("task.accept", { id: "t2" });
    await until(() => sent(w).length === 2);
    expect(sent(w)).toEqual(["task.accept t1", "task.accept t2"]);
    w.socket().say({ id: w.socket().sent.find((m) => m.method === "task.accept")?.id, result: {} });
    await until(() => sent(w).length === 3);
    expect(sent(w)[2]).toBe("task.arrive t1");
  });

  it("survives a reload: the same command leaves with the same key, once", async () => {
    const p = phone();
    const a = await opened();
    const first = await box(a, p);
    a.socket().drop(1006);
    const idem = first.put("incident.report", { title: "x" });
    await until(async () => (await shelfOf(p).items()).length === 1);
    first.stop();
    expect(a.socket().has("incident.report")).toBe(false);

    const b = await opened(); // the page after the reload
    const again = await box(b, p);
    await until(() => b.socket().has("incident.report"));
    expect(b.socket().last("incident.report").params).toEqual({ title: "x", idem });
    b.socket().reply("incident.report", { id: "i1", number: 1 });
    await until(() => again.waiting.value.length === 0);
    expect(await shelfOf(p).items()).toEqual([]);
  });

  it("keeps what fails for a passing reason; what fails for good waits for the person, over a reload", async () => {
    const p = phone();
    const w = await opened();
    const o = await box(w, p);
    o.put("incident.report", { title: "x" }, { memo: { text: "typed" } });
    await until(() => sent(w).length === 1);
    w.socket().refuse("incident.report", -32030, { retry_after_ms: 5 });
    await until(() => sent(w).length === 2);
    w.socket().refuse("incident.report", -32602, { message_zh: "不对", path: "params.title" });
    await until(() => o.refused.value.length === 1);
    expect(o.waiting.value).toEqual([]);
    o.stop();

    const again = await box(await opened(), p);
    expect(again.refused.value.map((r) => [r.error.zh, r.error.path, r.item.memo])).toEqual([["不对", "params.title", { text: "typed" }]]);
    again.dismiss(again.refused.value[0]!);
    expect(again.refused.value).toEqual([]);
    await until(async () => (await shelfOf(p).items()).length === 0);
  });

  it("does not bother anybody with a receipt that was refused, nor hold up what follows it", async () => {
    const w = await opened();
    const o = await box(w);
    o.put("task.delivered", { id: "t1" }, { quiet: true });
    o.put("task.accept", { id: "t1" });
    await until(() => sent(w).length === 1);
    w.socket().refuse("task.delivered", -32009);
    await until(() => sent(w).length === 2);
    w.socket().refuse("task.accept", -32009);
    await until(() => o.refused.value.length === 1);
    o.put("task.check_in", { id: "t1" }); // a refusal nobody has read yet must not silence this
    await until(() => w.socket().has("task.check_in"));
  });

  it("hands the result to whoever waits for it", async () => {
    const w = await opened();
    const got: unknown[] = [];
    (await box(w)).put("incident.report", { title: "x" }, { onDone: (r) => got.push(r) });
    await until(() => w.socket().has("incident.report"));
    w.socket().reply("incident.report", { number: 12 });
    await until(() => got.length === 1);
    expect(got).toEqual([{ number: 12 }]);
  });

  it("sends what is urgent before the phone has written it down", async () => {
    const w = await opened();
    const o = await box(w);
    o.put("panic.raise", {}, { urgent: true });
    expect(w.socket().has("panic.raise")).toBe(true);
  });
});

describe("a report that has not left the phone", () => {
  it("can be followed by more, which goes to its number when that is known", async () => {
    const p = phone();
    const a = world();
    const o = await box(a, p);
    const idem = o.put("incident.report", { title: "x" });
    o.put("incident.comment", { id: toCome(idem), text: "more" });
    await until(async () => (await shelfOf(p).items()).length === 2);
    o.stop();

    const w = await opened();
    const again = await box(w, p);
    await until(() => sent(w).length === 1);
    w.socket().reply("incident.report", { id: "i77", number: 7 });
    await until(() => sent(w).length === 2);
    expect(w.socket().last("incident.comment").params).toMatchObject({ id: "i77", text: "more" });
    // Written while the answer was on its way.
    again.put("incident.comment", { id: toCome(idem), text: "still more" });
    w.socket().reply("incident.comment", {});
    await until(() => w.socket().last("incident.comment").params["text"] === "still more");
    expect(w.socket().last("incident.comment").params["id"]).toBe("i77");
  });

  it("holds what follows it when it is refused; sent anew, they go behind it", async () => {
    const w = await opened();
    const o = await box(w);
    const idem = o.put("incident.report", { title: "x" }, { memo: {} });
    o.put("incident.comment", { id: toCome(idem), text: "more" });
    await until(() => sent(w).length === 1);
    w.socket().refuse("incident.report", -32602);
    await until(() => o.refused.value.length === 1);
    expect(o.waiting.value).toHaveLength(1);
    const better = o.put("incident.report", { title: "y" }, { instead: idem });
    expect(o.refused.value).toEqual([]);
    await until(() => w.socket().last("incident.report").params["title"] === "y");
    expect(o.waiting.value.map((x) => x.lane)).toEqual([better, better]);
    w.socket().reply("incident.report", { id: "i9" });
    await until(() => w.socket().has("incident.comment"));
    expect(w.socket().last("incident.comment").params["id"]).toBe("i9");
  });
});

describe("files", () => {
  const photo = () => new Blob([new Uint8Array([1, 2, 3, serial])], { type: "image/jpeg" });

  it("follow the command that names them, and are let go of when they have arrived", async () => {
    const p = phone();
    const first = await box(world(), p);
    const { sha256, kept } = await first.keepFile(photo());
    expect(kept).toBe(true);
    first.put("incident.report", { title: "x", attachments: [sha256] }, { files: [sha256] });
    await until(async () => (await shelfOf(p).items()).length === 2);
    first.stop();

    const went: [string, number][] = [];
    const w = await opened();
    const o = await box(w, p, (sha, blob) => Promise.resolve(went.push([sha, blob.size])));
    await until(() => o.files.value.length === 0);
    expect(went).toEqual([[sha256, 4]]);
    expect(w.socket().last("incident.report").params["attachments"]).toEqual([sha256]);
    await until(async () => (await shelfOf(p).file(sha256)) === null);
  });

  it("do not keep a command waiting when they do not get through", async () => {
    const w = await opened();
    const o = await box(w, phone(), () => Promise.reject(new Error("no bytes today")));
    const { sha256 } = await o.keepFile(photo());
    o.put("task.feedback", { id: "t1", attachments: [sha256] }, { files: [sha256] });
    o.put("task.finish", { id: "t1" });
    await until(() => w.socket().has("task.feedback"));
    w.socket().reply("task.feedback", {});
    await until(() => w.socket().has("task.finish"));
    expect(o.files.value).toEqual([sha256]);
  });

  it("that are gone from the phone are told, not forgotten in silence", async () => {
    const w = await opened();
    const o = await box(w);
    o.put("incident.attach", { id: "i1", attachments: ["ab"] }, { files: ["ab"] });
    await until(() => o.refused.value.length === 1);
    expect(o.refused.value[0]!.error.key).toBe("outbox.noFile");
  });
});

describe("when it happened", () => {
  const NOW = Date.parse("2026-11-22T02:00:00.000Z");
  it("is told by the server's clock when that is known", async () => {
    vi.spyOn(Date, "now").mockReturnValue(NOW); // the server says 01:00: this phone is an hour fast
    const w = await opened();
    (await box(w)).put("incident.report", { title: "x" }, { at: { name: "occurred_at", agoMs: 600_000 } });
    await until(() => w.socket().has("incident.report"));
    expect(w.socket().last("incident.report").params["occurred_at"]).toBe("2026-11-22T00:50:00.000Z");
  });

  it("and otherwise corrected before it is sent, the same with every try", async () => {
    vi.spyOn(Date, "now").mockReturnValue(NOW);
    const p = phone();
    const away = await box(world(), p);
    away.put("incident.report", { title: "x" }, { at: { name: "occurred_at", agoMs: 0 } });
    await until(async () => (await shelfOf(p).items()).length === 1);
    away.stop();

    vi.spyOn(Date, "now").mockReturnValue(NOW + 1_800_000); // half an hour later there is a network
    const w = world();
    w.link.start("tok", { id: "u", name: "u", roles: [], org: "430525" });
    w.socket().hello("e1", "2026-11-22T01:30:00.000Z");
    w.socket().reply("session.open", { sid: "s1", epoch: "e1", head: 10 });
    const o = await box(w, p);
    await until(() => w.socket().has("incident.report"));
    expect(w.socket().last("incident.report").params["occurred_at"]).toBe("2026-11-22T01:00:00.000Z");
    w.socket().refuse("incident.report", -32030, { retry_after_ms: 5 });
    await until(() => sent(w).length === 2);
    expect(w.socket().last("incident.report").params["occurred_at"]).toBe("2026-11-22T01:00:00.000Z");
    o.stop();
  });
});

describe("a phone that keeps nothing", () => {
  const full = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  it("puts what is small elsewhere when its database is full, and takes it back after a reload", async () => {
    const p = phone();
    const o = await box(world(), p);
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(full);
    expect(await o.keepFile(new Blob(["x"]))).toMatchObject({ kept: false });
    o.put("incident.report", { title: "x" });
    await until(() => o.shelf.trouble.value === "full");
    await until(() => (p.spare.getItem(p.name) ?? "[]").includes("incident.report"));
    expect(o.unkept.value.size).toBe(0);
    o.stop();

    vi.restoreAllMocks();
    const w = await opened();
    const again = await box(w, p);
    await until(() => w.socket().has("incident.report"));
    w.socket().reply("incident.report", { id: "i1" });
    await until(() => again.waiting.value.length === 0);
    expect(p.spare.getItem(p.name)).toBe("[]");
  });

  it("sends all the same, with the photo, and says what is only on the page", async () => {
    const went: string[] = [];
    const w = world();
    const p = phone({ getItem: () => null, setItem: full });
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(full);
    const o = await box(w, p, (sha) => Promise.resolve(went.push(sha)));
    const { sha256 } = await o.keepFile(new Blob(["y"]));
    o.put("incident.report", { title: "x" }, { files: [sha256] });
    await until(() => o.unkept.value.size === 2);
    w.link.start("tok", { id: "u", name: "u", roles: [], org: "430525" });
    w.socket().hello();
    w.socket().reply("session.open", { sid: "s1", epoch: "e1", head: 10 });
    await until(() => w.socket().has("incident.report"));
    w.socket().reply("incident.report", { id: "i1" });
    await until(() => o.unkept.value.size === 0);
    expect(went).toEqual([sha256]);
  });

  it("starts empty from a storage it cannot read", async () => {
    vi.stubGlobal("indexedDB", { open: () => full() });
    const o = await box(await opened(), phone({ getItem: () => "{oops", setItem: () => undefined }));
    expect(o.waiting.value).toEqual([]);
    expect(o.shelf.trouble.value).toBe("full");
    vi.unstubAllGlobals();
  });
});

describe("two tabs", () => {
  it("have one sender; the other takes over when the link of the first is gone", async () => {
    const queue: (() => void)[] = [];
    let held = false;
    const locks = {
      request: (_: string, o: { signal: AbortSignal }, act: () => Promise<void>) =>
        new Promise<void>((ok, fail) => {
          const run = () => {
            held = true;
            void act().then(() => {
              held = false;
              ok();
              queue.shift()?.();
            });
          };
          o.signal.addEventListener("abort", () => fail(new DOMException("", "AbortError")));
          if (held) queue.push(run);
          else run();
        }),
    };
    vi.stubGlobal("navigator", { locks });
    const p = phone();
    const [a, b] = [await opened(), await opened()];
    const [first, second] = [await box(a, p), await box(b, p)];
    await until(() => held);
    second.put("incident.report", { title: "from the second" });
    await until(() => a.socket().has("incident.report"));
    expect(b.socket().has("incident.report")).toBe(false);
    a.socket().drop(1006); // unanswered
    await until(() => b.socket().has("incident.report"));
    expect(b.socket().last("incident.report").params["idem"]).toBe(a.sockets[0]!.last("incident.report").params["idem"]);
    b.socket().reply("incident.report", { id: "i1" });
    await until(() => first.waiting.value.length === 0 && second.waiting.value.length === 0);
    vi.unstubAllGlobals();
  });
});
