// The link: JSON-RPC over one WebSocket, kept alive across failures (docs/protocol.md). It owns the
// connection, the session, the cursor and the unanswered calls; it knows nothing of incidents and
// touches no document, so that tests drive it with a fake socket and a fake clock.

import type { Entry, Snapshot, User } from "./types";
import { newIdem } from "./ids";
import type { words } from "./words";

type Key = keyof typeof words;
type Values = Record<string, string | number>;

export type LinkState =
  | "idle" // nobody has signed in
  | "connecting" // first attempt
  | "up" // the session is open and current
  | "down" // lost; trying again by itself
  | "replaced" // a newer session of the same device took over; waits for a person
  | "signed_out"; // the server does not accept the token (any more)

export class RpcError extends Error {
  readonly code: number;
  readonly key: string;
  readonly zh: string;
  readonly en: string;
  readonly path: string;
  readonly retryAfterMs: number;
  readonly rev: number;
  /** For the marks in the words of one made here. */
  readonly values: Values;

  constructor(raw: { code: number; message?: string; data?: Record<string, unknown> | null }) {
    const data = raw.data ?? {};
    const en = typeof data["message_en"] === "string" ? data["message_en"] : (raw.message ?? "");
    super(en || `error ${raw.code} ${String(data["code"] ?? "")}`);
    this.code = raw.code;
    this.key = typeof data["code"] === "string" ? data["code"] : "";
    this.en = en;
    this.zh = typeof data["message_zh"] === "string" ? data["message_zh"] : en;
    this.path = typeof data["path"] === "string" ? data["path"] : "";
    this.retryAfterMs = Number(data["retry_after_ms"] ?? 0) || 0;
    this.rev = Number(data["rev"] ?? 0) || 0;
    this.values = (data["values"] ?? {}) as Values;
  }
}

/** Made here, not by the server: the call was not sent, or nobody knows what became of it. The dictionary has its words. */
export function localError(code: number, key: Key, values?: Values): RpcError {
  return new RpcError({ code, data: { code: key, values } });
}
export const E_OFFLINE = -1;
export const E_SIGNED_OUT = -32001;
export const E_OVERLOADED = -32010;
export const E_STORAGE = -32030;

/** May the same call with the same key succeed later, without anybody changing it? */
export function isTransient(e: unknown): boolean {
  if (!(e instanceof RpcError)) return true;
  return [E_OFFLINE, E_SIGNED_OUT, E_OVERLOADED, E_STORAGE].includes(e.code);
}

export interface SocketLike {
  readyState: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  onopen: ((ev: never) => void) | null;
  onmessage: ((ev: { data: unknown }) => void) | null;
  onclose: ((ev: { code: number; reason: string }) => void) | null;
  onerror: ((ev: never) => void) | null;
}

export interface LinkOptions {
  url: string;
  device: string;
  /** The device a new token is for, when `device` is but a window of it. */
  loginDevice?: string;
  topics?: string[];
  makeSocket?: (url: string) => SocketLike;
  fetchSnapshot?: (token: string) => Promise<Snapshot>;
  post?: (token: string, body: string) => Promise<Record<string, unknown>>;
  now?: () => number;
  random?: () => number;
  /** An unanswered call is given up after this long: a stale order is worse than none. */
  giveUpMs?: number;
}

interface Pending {
  id: number;
  method: string;
  params: Record<string, unknown>;
  sessionless: boolean;
  sentOn: number; // which connection carried it last; 0 = none yet
  deadline: number;
  resolve(result: never): void;
  reject(error: RpcError): void;
}

interface Cursor {
  sid: string;
  epoch: string;
  last: number;
}

type Listener<T> = (value: T) => void;

/** Close codes of the contract. */
const CLOSE_RESTART = 1012;
const CLOSE_UNAUTHORISED = 4001;
const CLOSE_TOO_SLOW = 4009;
const CLOSE_REPLACED = 4010;

const BACKOFF_FIRST_MS = 500;
const BACKOFF_MAX_MS = 15_000;
/** What a frame may have (`terminal.max_frame` is 64 KiB); what is larger goes over HTTP. */
const FRAME_MOST = 60 * 1024;
/** A dial that got no hello is dead: phones leave half-open connections behind. */
const DIAL_TIMEOUT_MS = 10_000;

export class Link {
  state: LinkState = "idle";
  user: User | null = null;
  /** Server clock minus local clock. */
  offsetMs = 0;
  /** The server has said what time it is since this page was opened. */
  timeKnown = false;
  /** Since when the link is down, local clock; 0 while it is up. */
  downSince = 0;
  retryAt = 0;

  private readonly opt: Required<LinkOptions>;
  private socket: SocketLike | null = null;
  private connection = 0;
  private helloSeen = false;
  private token = "";
  private cursor: Cursor | null = null;
  private nextId = 1;
  private pending = new Map<number, Pending>();
  private attempts = 0;
  private hbMs = 25_000;
  private hbMissed = 0;
  private hbTimer: ReturnType<typeof setTimeout> | null = null;
  private dialTimer: ReturnType<typeof setTimeout> | null = null;
  private retryTimer: ReturnType<typeof setTimeout> | null = null;
  private sweepTimer: ReturnType<typeof setInterval> | null = null;
  private resyncing = false;
  private parked: Entry[] = [];
  private onState = new Set<Listener<LinkState>>();
  private onEntry = new Set<Listener<Entry>>();
  private onVolatile = new Set<Listener<{ topic: string; params: unknown }>>();
  private onSnapshot = new Set<Listener<Snapshot>>();

  constructor(options: LinkOptions) {
    this.opt = {
      topics: [],
      loginDevice: options.device,
      makeSocket: (url) => new WebSocket(url, "fengqiao.v1") as unknown as SocketLike,
      fetchSnapshot: httpSnapshot,
      post: httpCall,
      now: () => Date.now(),
      random: () => Math.random(),
      giveUpMs: 120_000,
      ...options,
    };
  }

  /* ---- listening ------------------------------------------------------------------------------- */

  watchState(fn: Listener<LinkState>): () => void {
    this.onState.add(fn);
    return () => this.onState.delete(fn);
  }
  watchEntries(fn: Listener<Entry>): () => void {
    this.onEntry.add(fn);
    return () => this.onEntry.delete(fn);
  }
  /** What nobody remembers: topics that were asked for, the latest of each thing; and what the server tells this session
   * alone (`leg`, `talking`, `camera`), every word of it, in order. */
  watchVolatile(fn: Listener<{ topic: string; params: unknown }>): () => void {
    this.onVolatile.add(fn);
    return () => this.onVolatile.delete(fn);
  }
  watchSnapshots(fn: Listener<Snapshot>): () => void {
    this.onSnapshot.add(fn);
    return () => this.onSnapshot.delete(fn);
  }

  serverNow(): number {
    return this.opt.now() + this.offsetMs;
  }

  /** The session's own id, by which the server says who sits where; "" while there is none. */
  get sid(): string {
    return this.cursor?.sid ?? "";
  }

  /** For what goes over plain HTTP: attachments, files. */
  get headers(): Record<string, string> {
    return this.token ? { Authorization: `Bearer ${this.token}` } : {};
  }

  /* ---- signing in and out ---------------------------------------------------------------------- */

  /** Signs in with a name and a password, then opens the session. */
  async login(name: string, password: string, otp?: string): Promise<{ token: string; user: User }> {
    if (!this.socket) this.dial();
    const params: Record<string, unknown> = { name, password, device: this.opt.loginDevice };
    if (otp) params["otp"] = otp;
    const r = await this.request<{ token: string; user: User }>("session.login", params, true);
    this.start(r.token, r.user);
    return r;
  }

  /** Opens the session with a token kept from before; `device`: of the device it was given to. */
  start(token: string, user: User | null, device = this.opt.device): void {
    this.opt.device = device;
    this.token = token;
    this.user = user;
    this.cursor = null;
    if (this.state !== "up") this.setState("connecting");
    if (this.socket && this.helloSeen) this.openSession();
    else if (!this.socket) this.dial();
  }

  /** Ends the session and its token; nothing is retried. */
  signOut(): void {
    if (this.state === "up") {
      this.sendRaw({ jsonrpc: "2.0", id: this.nextId++, method: "session.logout", params: { token: this.token } });
    }
    this.forget("idle");
  }

  /** A person asks for the link now: after "replaced", or instead of waiting for the next attempt. */
  reconnect(): void {
    if (!this.token && this.pending.size === 0) return;
    if (this.socket && this.state === "up") return;
    this.attempts = 0;
    if (this.state === "replaced") this.setState("down");
    this.dropSocket();
    this.dial();
  }

  /** The device says that it has no network: believed at once, so that nobody takes what is shown for current. */
  networkGone(): void {
    if (this.socket && this.token) this.breakOff();
  }

  stop(): void {
    this.forget("idle");
  }

  /* ---- calling --------------------------------------------------------------------------------- */

  /** A query. It is asked again after a reconnect. */
  query<T>(method: string, params: Record<string, unknown> = {}): Promise<T> {
    return this.request<T>(method, params, false);
  }

  /**
   * A command, sent with an idempotency key: if the answer is lost it is sent again with the same key
   * after the reconnect, and the server does it once. Refused at once while the link is down, because an
   * order that leaves minutes later is dangerous; the field page keeps its own outbox instead.
   */
  command<T>(method: string, params: Record<string, unknown>, idem = newIdem(this.opt.now())): Promise<T> {
    if (this.state !== "up") {
      return Promise.reject(localError(E_OFFLINE, "link.notSent"));
    }
    return this.request<T>(method, { ...params, idem }, false);
  }

  /** A message without a reply; dropped while the link is down. */
  notify(method: string, params: Record<string, unknown>): void {
    if (this.state === "up") this.sendRaw({ jsonrpc: "2.0", method, params });
  }

  private request<T>(method: string, params: Record<string, unknown>, sessionless: boolean): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const p: Pending = {
        id: this.nextId++,
        method,
        params,
        sessionless,
        sentOn: 0,
        deadline: this.opt.now() + this.opt.giveUpMs,
        resolve: resolve as (r: never) => void,
        reject,
      };
      this.pending.set(p.id, p);
      this.sweepTimer ??= setInterval(() => this.sweep(), 1000);
      this.transmit(p);
    });
  }

  private transmit(p: Pending): void {
    const ready = p.sessionless ? this.helloSeen : this.state === "up";
    if (!ready || p.sentOn === this.connection) return;
    p.sentOn = this.connection;
    const body = JSON.stringify({ jsonrpc: "2.0", id: p.id, method: p.method, params: p.params });
    if (body.length * 3 > FRAME_MOST && new TextEncoder().encode(body).length > FRAME_MOST) void this.post(p, body);
    else if (this.socket?.readyState === 1) this.socket.send(body);
  }

  /** A request too large for a frame (a whole pack): the server would close the socket, and take it over HTTP. */
  private async post(p: Pending, body: string): Promise<void> {
    const mine = this.connection;
    try {
      const reply = await this.opt.post(this.token, body);
      this.receiveReply(p.id, reply);
    } catch {
      if (mine === this.connection) this.breakOff(); // asked again after the reconnect, as any other
    }
  }

  private transmitAll(): void {
    for (const p of this.pending.values()) this.transmit(p);
  }

  private sweep(): void {
    const now = this.opt.now();
    for (const p of this.pending.values()) {
      if (p.deadline > now) continue;
      this.pending.delete(p.id);
      p.reject(localError(E_OFFLINE, "link.unanswered"));
    }
    if (this.pending.size === 0 && this.sweepTimer) {
      clearInterval(this.sweepTimer);
      this.sweepTimer = null;
    }
  }

  private rejectAll(error: RpcError, which: (p: Pending) => boolean): void {
    for (const p of [...this.pending.values()]) {
      if (!which(p)) continue;
      this.pending.delete(p.id);
      p.reject(error);
    }
  }

  private sendRaw(message: unknown): void {
    const s = this.socket;
    if (s && s.readyState === 1) s.send(JSON.stringify(message));
  }

  /* ---- the connection -------------------------------------------------------------------------- */

  private setState(state: LinkState): void {
    if (state === "up") this.downSince = 0;
    else if (this.downSince === 0) this.downSince = this.opt.now();
    if (this.state === state) return;
    this.state = state;
    for (const fn of this.onState) fn(state);
  }

  private dial(): void {
    if (this.retryTimer) clearTimeout(this.retryTimer);
    this.retryTimer = null;
    this.retryAt = 0;
    this.connection++;
    this.helloSeen = false;
    const mine = this.connection;
    let socket: SocketLike;
    try {
      socket = this.opt.makeSocket(this.opt.url);
    } catch {
      this.lost(1006);
      return;
    }
    this.socket = socket;
    this.dialTimer = setTimeout(() => {
      if (mine === this.connection && !this.helloSeen) this.breakOff();
    }, DIAL_TIMEOUT_MS);
    socket.onmessage = (ev) => {
      if (mine === this.connection) this.receive(String(ev.data));
    };
    socket.onclose = (ev) => {
      if (mine === this.connection) this.lost(ev.code);
    };
    socket.onerror = () => {
      /* a close always follows */
    };
  }

  private clearTimers(): void {
    if (this.hbTimer) clearTimeout(this.hbTimer);
    if (this.dialTimer) clearTimeout(this.dialTimer);
    this.hbTimer = this.dialTimer = null;
  }

  private dropSocket(): void {
    this.clearTimers();
    const s = this.socket;
    this.socket = null;
    this.helloSeen = false;
    if (!s) return;
    s.onopen = s.onmessage = s.onclose = s.onerror = null;
    try {
      s.close(1000);
    } catch {
      /* already gone */
    }
  }

  /** The peer is silent: treat the connection as lost without waiting for TCP to notice. */
  private breakOff(): void {
    this.dropSocket();
    this.lost(1006);
  }

  private lost(code: number): void {
    this.dropSocket();
    this.resyncing = false;
    this.parked = [];
    if (code === CLOSE_UNAUTHORISED) {
      this.forget("signed_out");
      return;
    }
    if (code === CLOSE_REPLACED) {
      this.setState("replaced");
      return;
    }
    // Nobody waits for a connection when only a sign-in was under way: tell the form.
    this.rejectAll(localError(E_OFFLINE, "link.unreachable"), (p) => p.sessionless);
    if (!this.token) {
      this.setState("idle");
      return;
    }
    this.setState("down");
    let wait: number;
    if (code === CLOSE_RESTART) wait = 300 + this.opt.random() * 1700;
    else if (code === CLOSE_TOO_SLOW && this.attempts === 0) wait = 50;
    else wait = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** this.attempts) * (0.5 + this.opt.random() / 2);
    this.attempts++;
    this.retryAt = this.opt.now() + wait;
    this.retryTimer = setTimeout(() => this.dial(), wait);
  }

  private forget(state: LinkState): void {
    if (this.retryTimer) clearTimeout(this.retryTimer);
    this.retryTimer = null;
    this.retryAt = 0;
    this.connection++;
    this.dropSocket();
    this.token = "";
    this.user = null;
    this.cursor = null;
    this.attempts = 0;
    this.rejectAll(localError(E_SIGNED_OUT, "session.ended"), () => true);
    this.setState(state);
  }

  /* ---- the session ----------------------------------------------------------------------------- */

  private openSession(): void {
    const cursor = this.cursor;
    const id = this.nextId++;
    // A token is bound to the device it was given to, so the device is named each time.
    const params: Record<string, unknown> = { token: this.token, device: this.opt.device };
    if (cursor) Object.assign(params, { sid: cursor.sid, epoch: cursor.epoch, last: cursor.last });
    if (this.opt.topics.length) params["topics"] = this.opt.topics;
    params["clock"] = new Date().toISOString(); // so that a clock that is wrong is known to somebody who can help
    const method = cursor ? "session.resume" : "session.open";
    // Not through request(): the reply must be acted on before the next frame is looked at.
    this.pending.set(id, {
      id,
      method,
      params,
      sessionless: true,
      sentOn: this.connection,
      deadline: Infinity,
      resolve: (r) => this.opened(r, cursor),
      reject: (e) => this.openFailed(e, cursor !== null),
    });
    this.sendRaw({ jsonrpc: "2.0", id, method, params });
  }

  private opened(r: { sid: string; epoch: string; head: number; resumed?: boolean }, cursor: Cursor | null): void {
    const resumed = cursor !== null && r.resumed === true;
    this.cursor = { sid: r.sid, epoch: r.epoch, last: resumed ? cursor.last : r.head };
    this.attempts = 0;
    if (resumed) {
      this.setState("up");
      this.transmitAll();
    } else {
      void this.resync();
    }
  }

  private openFailed(e: RpcError, wasResume: boolean): void {
    if (!this.token) return; // signed out meanwhile
    if (e.code === E_SIGNED_OUT) {
      this.forget("signed_out");
    } else if (wasResume && e.code !== E_OFFLINE && e.code !== E_OVERLOADED && e.code !== E_STORAGE) {
      this.cursor = null; // the server knows no such session: begin a new one
      this.openSession();
    } else if (e.code !== E_OFFLINE) {
      this.breakOff();
    }
  }

  /** Takes a snapshot, hands it out, then the entries that arrived meanwhile. */
  private async resync(): Promise<void> {
    this.resyncing = true;
    const mine = this.connection;
    try {
      const snapshot = await this.opt.fetchSnapshot(this.token);
      if (mine !== this.connection) return;
      for (const fn of this.onSnapshot) fn(snapshot);
      this.resyncing = false;
      const parked = this.parked;
      this.parked = [];
      this.setState("up");
      for (const e of parked) if (e.n > snapshot.n) this.deliver(e);
      this.transmitAll();
    } catch (e) {
      if (mine !== this.connection) return;
      this.cursor = null; // the state on the page is not known to be whole: start over
      if (e instanceof RpcError && e.code === E_SIGNED_OUT) this.forget("signed_out");
      else this.breakOff();
    }
  }

  /* ---- frames ---------------------------------------------------------------------------------- */

  private receive(text: string): void {
    let m: Record<string, unknown>;
    try {
      m = JSON.parse(text) as Record<string, unknown>;
    } catch {
      return;
    }
    this.hbMissed = 0; // any frame proves that the peer lives
    if (typeof m["method"] === "string") this.receiveNotice(m["method"], (m["params"] ?? {}) as Record<string, unknown>);
    else if (typeof m["id"] === "number") this.receiveReply(m["id"], m);
  }

  private receiveReply(id: number, m: Record<string, unknown>): void {
    const p = this.pending.get(id);
    if (!p) return;
    const raw = m["error"] as { code: number; message?: string; data?: Record<string, unknown> } | undefined;
    this.pending.delete(id);
    if (!raw) {
      p.resolve(m["result"] as never);
      return;
    }
    const e = new RpcError(raw);
    p.reject(e);
    if (e.code === E_SIGNED_OUT && !p.sessionless) this.forget("signed_out");
  }

  private receiveNotice(method: string, params: Record<string, unknown>): void {
    if (method === "hello") this.greeted(params);
    else if (method === "event") this.received(params as unknown as Entry);
    else if (method === "hb") this.takeTime(params["time"]);
    else for (const fn of this.onVolatile) fn({ topic: method, params });
  }

  private greeted(hello: Record<string, unknown>): void {
    this.helloSeen = true;
    if (this.dialTimer) clearTimeout(this.dialTimer);
    this.dialTimer = null;
    const hb = Number(hello["hb_ms"]);
    if (hb >= 1000) this.hbMs = hb;
    this.takeTime(hello["time"]);
    this.hbMissed = 0;
    this.armHeartbeat();
    this.transmitAll();
    if (this.token) this.openSession();
  }

  private takeTime(time: unknown, sentAt?: number): void {
    const server = typeof time === "string" ? Date.parse(time) : NaN;
    if (!Number.isFinite(server)) return;
    const now = this.opt.now();
    this.timeKnown = true;
    this.offsetMs = server - (sentAt === undefined ? now : (sentAt + now) / 2);
  }

  private armHeartbeat(): void {
    this.hbTimer = setTimeout(() => {
      if (this.hbMissed >= 2) {
        this.breakOff();
        return;
      }
      this.hbMissed++;
      const id = this.nextId++;
      const sentAt = this.opt.now();
      const params = { n: this.cursor?.last ?? 0 };
      this.pending.set(id, {
        id,
        method: "hb",
        params,
        sessionless: true,
        sentOn: this.connection,
        deadline: sentAt + 2 * this.hbMs,
        resolve: (r: { time?: string }) => this.takeTime(r?.time, sentAt),
        reject: () => undefined,
      });
      this.sendRaw({ jsonrpc: "2.0", id, method: "hb", params });
      this.armHeartbeat();
    }, this.hbMs);
  }

  private received(e: Entry): void {
    const c = this.cursor;
    if (!c || e.n <= c.last) return; // at least once: a repeat
    if (e.p > c.last) {
      // Something between `last` and `p` was lost. Ask for it; do not show a state with a hole.
      this.lostEntries();
      return;
    }
    c.last = e.n;
    if (this.resyncing) this.parked.push(e);
    else this.deliver(e);
  }

  private lostEntries(): void {
    this.setState("down");
    this.dropSocket();
    this.dial();
  }

  private deliver(e: Entry): void {
    for (const fn of this.onEntry) fn(e);
  }
}

async function httpSnapshot(token: string): Promise<Snapshot> {
  const r = await fetch("/api/v1/snapshot", { headers: { Authorization: `Bearer ${token}` }, cache: "no-store" });
  if (r.status === 401) throw localError(E_SIGNED_OUT, "session.ended");
  if (!r.ok) throw new Error(`snapshot: HTTP ${r.status}`);
  return (await r.json()) as Snapshot;
}

/** A refusal is an answer, whatever its status: it stands in the body. */
async function httpCall(token: string, body: string): Promise<Record<string, unknown>> {
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
  const r = await fetch("/api/v1/rpc", { method: "POST", headers, body, cache: "no-store" });
  return (await r.json()) as Record<string, unknown>;
}
