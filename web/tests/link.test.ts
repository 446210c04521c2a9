import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RpcError } from "../shared/link";
import { opened, settle, world } from "./fakes";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("signing in", () => {
  it("logs in, opens the session, takes the snapshot, is up", async () => {
    const w = world();
    const done = w.link.login("dispatcher", "pw");
    expect(w.socket().sent).toEqual([]); // nothing before hello
    w.socket().hello();
    expect(w.socket().last("session.login").params).toEqual({ name: "dispatcher", password: "pw", device: "d1" });
    w.socket().reply("session.login", { token: "tok", user: { id: "dispatcher", roles: [], org: "430525" } });
    await settle();
    expect(w.socket().last("session.open").params).toEqual({ token: "tok", device: "d1", clock: expect.any(String) });
    w.socket().reply("session.open", { sid: "s1", epoch: "e1", head: 10 });
    await settle();
    await done;
    expect(w.snapshots).toEqual(["tok"]);
    expect(w.link.state).toBe("up");
  });

  it("gives the server's words in both languages when refused, and stays signed out", async () => {
    const w = world();
    const done = w.link.login("dispatcher", "wrong").catch((e: unknown) => e);
    w.socket().hello();
    w.socket().refuse("session.login", -32001, { message_zh: "密码不对", message_en: "wrong password" });
    const e = (await done) as RpcError;
    expect(e).toBeInstanceOf(RpcError);
    expect([e.zh, e.en]).toEqual(["密码不对", "wrong password"]);
    expect(w.link.state).toBe("idle");
  });

  it("says that the server cannot be reached instead of waiting for ever", async () => {
    const w = world();
    const done = w.link.login("dispatcher", "pw").catch((e: unknown) => e);
    w.socket().drop(1006);
    expect(((await done) as RpcError).key).toBe("link.unreachable");
    expect(w.link.state).toBe("idle");
  });
});

describe("following", () => {
  it("delivers entries in order and drops repeats", async () => {
    const w = await opened();
    w.socket().event(12, 10);
    w.socket().event(12, 10);
    w.socket().event(15, 12);
    expect(w.entries.map((e) => e.n)).toEqual([12, 15]);
  });

  it("takes the previous number being older than what the snapshot held for no loss", async () => {
    const w = await opened();
    w.socket().event(12, 4);
    expect(w.entries.map((e) => e.n)).toEqual([12]);
  });

  it("resumes when an entry is missing, and shows nothing of the hole", async () => {
    const w = await opened();
    w.socket().event(12, 10);
    w.socket().event(15, 13); // 13 never came
    expect(w.entries.map((e) => e.n)).toEqual([12]);
    expect(w.link.state).toBe("down");
    expect(w.sockets).toHaveLength(2);
    w.socket().hello();
    expect(w.socket().last("session.resume").params).toEqual({ clock: expect.any(String), token: "tok", device: "d1", sid: "s1", epoch: "e1", last: 12 });
    w.socket().reply("session.resume", { sid: "s1", epoch: "e1", resumed: true, head: 15 });
    w.socket().event(13, 12);
    w.socket().event(15, 13);
    expect(w.entries.map((e) => e.n)).toEqual([12, 13, 15]);
    expect(w.link.state).toBe("up");
    expect(w.snapshots).toHaveLength(1);
  });

  it("follows from the snapshot when the session cannot be resumed: nothing twice, nothing lost", async () => {
    const w = await opened();
    w.socket().event(12, 10);
    w.socket().drop(1006);
    vi.advanceTimersByTime(600);
    w.socket().hello("e2");
    let give: (v: { n: number }) => void = () => undefined;
    const snapshot = new Promise<{ n: number }>((r) => (give = r));
    w.link["opt"].fetchSnapshot = () => snapshot;
    w.socket().reply("session.resume", { sid: "s2", epoch: "e2", resumed: false, head: 30 });
    w.socket().event(31, 30); // arrives while the snapshot is under way
    w.socket().event(32, 31);
    expect(w.entries.map((e) => e.n)).toEqual([12]);
    give({ n: 31 }); // the snapshot holds 31 already
    await settle();
    expect(w.entries.map((e) => e.n)).toEqual([12, 32]);
    expect(w.link.state).toBe("up");
  });

  it("opens a new session when the server knows the old one no more", async () => {
    const w = await opened();
    w.socket().drop(1006);
    vi.advanceTimersByTime(600);
    w.socket().hello();
    w.socket().refuse("session.resume", -32004);
    expect(w.socket().last("session.open").params["device"]).toBe("d1");
  });

  it("starts over when the snapshot cannot be had", async () => {
    let fail = true;
    const w = world({ fetchSnapshot: () => (fail ? Promise.reject(new Error("HTTP 503")) : Promise.resolve({ n: 10 })) });
    w.link.start("tok", null);
    w.socket().hello();
    w.socket().reply("session.open", { sid: "s1", epoch: "e1", head: 10 });
    await settle();
    expect(w.link.state).toBe("down");
    fail = false;
    vi.advanceTimersByTime(600);
    w.socket().hello();
    w.socket().reply("session.open", { sid: "s2", epoch: "e1", head: 10 });
    await settle();
    expect(w.link.state).toBe("up");
  });
});

describe("losing the connection", () => {
  it("backs off, doubling up to a limit, and begins anew after a success", async () => {
    const w = await opened();
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      const before = Date.now();
      w.socket().drop(1006);
      const dialled = w.sockets.length;
      while (w.sockets.length === dialled) vi.advanceTimersByTime(50);
      waits.push(Date.now() - before);
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
    w.socket().hello();
    w.socket().reply("session.resume", { sid: "s1", epoch: "e1", resumed: true, head: 10 });
    expect(w.link.state).toBe("up");
    w.socket().drop(1006);
    const dialled = w.sockets.length;
    vi.advanceTimersByTime(500);
    expect(w.sockets.length).toBe(dialled + 1);
  });

  it("spreads the return after a restart (1012), returns at once when too slow (4009)", async () => {
    const w = await opened({ random: () => 0.5 });
    w.socket().drop(1012);
    vi.advanceTimersByTime(1149);
    expect(w.sockets).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(w.sockets).toHaveLength(2);
    w.socket().hello();
    w.socket().reply("session.resume", { sid: "s1", epoch: "e1", resumed: true, head: 10 });
    w.socket().drop(4009);
    vi.advanceTimersByTime(50);
    expect(w.sockets).toHaveLength(3);
  });

  it("does not retry when not authorised (4001)", async () => {
    const w = await opened();
    w.socket().drop(4001);
    vi.advanceTimersByTime(60_000);
    expect(w.link.state).toBe("signed_out");
    expect(w.sockets).toHaveLength(1);
  });

  it("waits for a person when replaced (4010)", async () => {
    const w = await opened();
    w.socket().drop(4010);
    vi.advanceTimersByTime(60_000);
    expect(w.link.state).toBe("replaced");
    expect(w.sockets).toHaveLength(1);
    w.link.reconnect();
    w.socket().hello();
    expect(w.socket().has("session.resume")).toBe(true);
  });

  it("notices a silent peer after two missed heartbeats", async () => {
    const w = await opened();
    vi.advanceTimersByTime(25_000);
    expect(w.socket().last("hb").params).toEqual({ n: 10 });
    vi.advanceTimersByTime(25_000);
    expect(w.link.state).toBe("up");
    vi.advanceTimersByTime(25_000);
    expect(w.link.state).toBe("down");
  });

  it("a heard heartbeat keeps it alive and sets the clock", async () => {
    vi.setSystemTime(new Date("2026-11-22T00:00:00.000Z")); // this phone is an hour late
    const w = await opened();
    expect(w.link.offsetMs).toBe(3_600_000);
    for (let i = 0; i < 5; i++) {
      vi.advanceTimersByTime(25_000);
      w.socket().reply("hb", { time: new Date(Date.now() + 1000).toISOString() });
    }
    expect(w.link.state).toBe("up");
    expect(w.link.offsetMs).toBe(1000);
  });

  it("gives up a dial that gets no greeting", async () => {
    const w = await opened();
    w.socket().drop(1006);
    vi.advanceTimersByTime(500);
    expect(w.sockets).toHaveLength(2);
    vi.advanceTimersByTime(10_000); // no hello
    vi.advanceTimersByTime(1_000);
    expect(w.sockets).toHaveLength(3);
  });
});

describe("calling", () => {
  it("sends an unanswered command again after the reconnect, with the same key", async () => {
    const w = await opened();
    const done = w.link.command<{ state: string }>("incident.accept", { id: "i7" });
    const first = w.socket().last("incident.accept");
    expect(String(first.params["idem"])).toMatch(/^[0-9a-z]+-[0-9a-z]{16}$/);
    w.socket().drop(1006);
    vi.advanceTimersByTime(600);
    w.socket().hello();
    expect(w.socket().has("incident.accept")).toBe(false); // not before the session stands
    w.socket().reply("session.resume", { sid: "s1", epoch: "e1", resumed: true, head: 10 });
    expect(w.socket().last("incident.accept").params).toEqual(first.params);
    w.socket().reply("incident.accept", { state: "accepted", dup: true });
    expect((await done).state).toBe("accepted");
  });

  it("refuses a new command while the link is down", async () => {
    const w = await opened();
    w.socket().drop(1006);
    await expect(w.link.command("incident.accept", { id: "i7" })).rejects.toMatchObject({ key: "link.notSent" });
  });

  it("says so when nobody knows whether a command was done", async () => {
    const w = await opened({ giveUpMs: 5000 });
    const done = w.link.command("incident.accept", { id: "i7" }).catch((e: unknown) => e);
    w.socket().drop(1006);
    vi.advanceTimersByTime(7000);
    expect(((await done) as RpcError).key).toBe("link.unanswered");
  });

  it("an expired token on a call ends the session", async () => {
    const w = await opened();
    const done = w.link.query("incident.open").catch((e: unknown) => e);
    w.socket().refuse("incident.open", -32001);
    expect(((await done) as RpcError).code).toBe(-32001);
    expect(w.link.state).toBe("signed_out");
  });

  it("ends the token when signing out, and does not come back", async () => {
    const w = await opened();
    const s = w.socket();
    w.link.signOut();
    expect(s.last("session.logout").params).toEqual({ token: "tok" });
    vi.advanceTimersByTime(60_000);
    expect(w.sockets).toHaveLength(1);
    expect(w.link.state).toBe("idle");
  });
});
