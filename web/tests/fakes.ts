// A server in a few lines for the link's tests: sockets that do what the test says, a clock it moves.

import { vi } from "vitest";
import { Link, type LinkOptions, type SocketLike } from "../shared/link";
import type { Entry, Incident, Snapshot } from "../shared/types";

type Message = { id?: number; method?: string; params: Record<string, unknown> };

export class FakeSocket implements SocketLike {
  readyState = 1;
  sent: Message[] = [];
  closedWith = 0;
  onopen: SocketLike["onopen"] = null;
  onmessage: SocketLike["onmessage"] = null;
  onclose: SocketLike["onclose"] = null;
  onerror: SocketLike["onerror"] = null;

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Message);
  }
  close(code = 1000): void {
    this.readyState = 3;
    this.closedWith = code;
  }
  /* what the server does */
  say(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  hello(epoch = "e1", time = "2026-11-22T01:00:00.000Z"): void {
    this.say({ jsonrpc: "2.0", method: "hello", params: { proto: 1, server: "x", epoch, hb_ms: 25000, time } });
  }
  drop(code: number): void {
    this.readyState = 3;
    this.onclose?.({ code, reason: "" });
  }
  last(method: string): Message {
    const m = [...this.sent].reverse().find((x) => x.method === method);
    if (!m) throw new Error(`${method} was not sent; sent: ${this.sent.map((x) => x.method).join(" ")}`);
    return m;
  }
  has(method: string): boolean {
    return this.sent.some((x) => x.method === method);
  }
  reply(method: string, result: unknown): void {
    this.say({ jsonrpc: "2.0", id: this.last(method).id, result });
  }
  refuse(method: string, code: number, data: Record<string, unknown> = {}): void {
    this.say({ jsonrpc: "2.0", id: this.last(method).id, error: { code, message: "no", data } });
  }
  event(n: number, p: number, more: Partial<Entry> = {}): void {
    const params = { n, p, kind: "incident.reported", at: "2026-11-22T01:00:00.000Z", subject: `i${n}`, data: {}, ...more };
    this.say({ jsonrpc: "2.0", method: "event", params });
  }
}

export interface World {
  link: Link;
  sockets: FakeSocket[];
  socket(): FakeSocket;
  snapshots: string[];
  entries: Entry[];
  states: string[];
  snapshot: Snapshot;
}

export function world(more: Partial<LinkOptions> = {}): World {
  const w = {
    sockets: [] as FakeSocket[],
    snapshots: [] as string[],
    entries: [] as Entry[],
    states: [] as string[],
    snapshot: { n: 10 } as Snapshot,
    socket: () => {
      const s = w.sockets[w.sockets.length - 1];
      if (!s) throw new Error("nothing was dialled");
      return s;
    },
  } as World;
  w.link = new Link({
    url: "ws://x/ws",
    device: "d1",
    random: () => 1,
    makeSocket: () => {
      const s = new FakeSocket();
      w.sockets.push(s);
      return s;
    },
    fetchSnapshot: (token) => {
      w.snapshots.push(token);
      return Promise.resolve(w.snapshot);
    },
    ...more,
  });
  w.link.watchEntries((e) => w.entries.push(e));
  w.link.watchState((s) => w.states.push(s));
  return w;
}

export const settle = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

/** Signed in, session open at journal number 10. */
export async function opened(more: Partial<LinkOptions> = {}): Promise<World> {
  const w = world(more);
  w.link.start("tok", { id: "u", name: "u", roles: [], org: "430525" });
  w.socket().hello();
  w.socket().reply("session.open", { sid: "s1", epoch: "e1", head: 10 });
  await settle();
  return w;
}

export const incident = (n: number, more: Partial<Incident> = {}): Incident => ({
  id: `i${n}`,
  number: n,
  rev: 1,
  state: "reported",
  category: "fire",
  level: 4,
  title: `t${n}`,
  reported_at: "2026-11-22T01:00:00.000Z",
  ...more,
});

/** What a store puts together within one burst has been asked for and answered. */
export async function turn(): Promise<void> {
  vi.advanceTimersByTime(60);
  await settle();
}
