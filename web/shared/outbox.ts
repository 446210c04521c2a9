// Commands that must survive a reload: kept in the phone with their idempotency keys, sent in order about one subject and
// side by side otherwise, again and again until the server answers. Of several tabs one sends. A command names the files
// that belong to it by their hash and does not wait for them: the bytes follow on lanes of their own. The field page
// lives on this.

import { computed, shallowRef } from "vue";
import { upload } from "./blobs";
import { newIdem } from "./ids";
import { isTransient, localError, RpcError, type Link } from "./link";
import { sha256Of } from "./sha256";
import { Shelf } from "./shelf";

export interface Waiting {
  idem: string;
  method: string;
  params: Record<string, unknown>;
  /** Commands with the same lane go one after another. */
  lane: string;
  /** When it was given, by this phone's clock. */
  queuedAt: number;
  tries: number;
  /** A machine's receipt: nobody needs to hear that it was refused. */
  quiet?: boolean;
  /** What the form looked like, to put it back when the server refuses. */
  memo?: unknown;
  /** The parameter that says when it happened, still by this phone's clock: the server's was not known. */
  stamp?: { name: string; ms: number };
  /** Their order. */
  n?: number;
  /** What the server said, for good; it waits for the person then. */
  refused?: { code: number; data: Record<string, unknown> };
}

export interface PutOptions {
  lane?: string;
  quiet?: boolean;
  memo?: unknown;
  /** Goes at once, without waiting for the phone's storage. */
  urgent?: boolean;
  /** Hashes of files kept with keepFile() that the command names: they are sent, too. */
  files?: readonly string[];
  /** The parameter that takes the time it happened, and how long ago that was. */
  at?: { name: string; agoMs: number };
  /** Takes the place of one that was refused: what waits behind that one goes behind this. */
  instead?: string;
  /** Called if the answer comes while this page lives. */
  onDone?(result: unknown): void;
}

/** For what happens at the moment somebody presses, however late it is sent. */
export const pressed: Pick<PutOptions, "at"> = { at: { name: "occurred_at", agoMs: 0 } };

export interface Refused {
  item: Waiting;
  error: RpcError;
}

/** Bytes on their way, not a command: the lane is the hash. */
const FILE = "file";
const RETRY_MS = 3000;
const RETRY_MOST_MS = 60_000;
/** Photos do not share one bar of signal among themselves. */
const FILES_AT_ONCE = 1;

/** The id of what a command will make, before the server has named it: for `params.id` of what follows. */
export const toCome = (idem: string): string => `@${idem}`;

const asRefused = (item: Waiting): Refused => ({ item, error: new RpcError(item.refused!) });

export class Outbox {
  private readonly all = shallowRef<Waiting[]>([]);
  readonly waiting = computed(() => this.all.value.filter((w) => !w.refused && w.method !== FILE));
  readonly refused = computed(() => this.all.value.filter((w) => w.refused && !w.quiet).map(asRefused));
  /** Hashes of files that have not arrived. */
  readonly files = computed(() => this.all.value.filter((w) => w.method === FILE).map((w) => w.lane));
  /** Whether all of it would survive the page. */
  readonly unkept = shallowRef<ReadonlySet<string>>(new Set());
  readonly ready: Promise<void>;

  private readonly stopWatching: () => void;
  private readonly channel: BroadcastChannel | null;
  private stopped = false;
  private leads = false;
  private asking: AbortController | null = null;
  private letGo: (() => void) | null = null;
  private active = new Set<string>();
  private keeping = new Map<string, Waiting>();
  private dropping = new Set<string>();
  /** Lanes that wait before they try again. */
  private resting = new Map<string, ReturnType<typeof setTimeout>>();
  private done = new Map<string, (result: unknown) => void>();
  private named: Record<string, string> = {};
  private last = 0;

  constructor(
    private readonly link: Link,
    readonly shelf: Shelf<Waiting>,
    /** Hears each answer before its command leaves the list, so that nothing flickers between the two. */
    private readonly answered: (item: Waiting, result: unknown) => void = () => undefined,
    private readonly send: (sha256: string, blob: Blob) => Promise<unknown> = (sha256, blob) => upload(blob, { headers: link.headers, sha256 }),
  ) {
    this.channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(shelf.name);
    if (this.channel) this.channel.onmessage = () => void this.reload().then(() => this.flush());
    this.stopWatching = link.watchState((s) => (s === "up" ? this.lead() : this.follow()));
    this.ready = this.reload().then(() => {
      if (link.state === "up") this.lead();
      this.flush();
    });
  }

  /** Keeps the command first, then sends it. Its key is the answer. */
  put(method: string, params: Record<string, unknown>, o: PutOptions = {}): string {
    const idem = newIdem();
    const id = typeof params["id"] === "string" ? params["id"] : "";
    const lane = o.lane ?? (id ? id.replace(/^@/, "") : idem);
    // A copy, and of plain things: what the page shows may change, and no database takes a reactive object.
    const plain = JSON.parse(JSON.stringify({ params, memo: o.memo })) as Pick<Waiting, "params" | "memo">;
    const item: Waiting = { idem, method, ...plain, lane, queuedAt: Date.now(), tries: 0 };
    if (o.quiet) item.quiet = true;
    if (o.at) {
      const ms = item.queuedAt - o.at.agoMs;
      if (this.link.timeKnown) item.params[o.at.name] = new Date(ms + this.link.offsetMs).toISOString();
      else item.stamp = { name: o.at.name, ms };
    }
    if (o.onDone) this.done.set(idem, o.onDone);
    const more: Waiting[] = [];
    for (const sha256 of o.files ?? [])
      if (!this.files.value.includes(sha256)) more.push({ idem: newIdem(), method: FILE, params: {}, lane: sha256, queuedAt: item.queuedAt, tries: 0 });
    if (o.instead) {
      const behind = this.all.value.filter((w) => w.lane === o.instead && w.idem !== o.instead);
      more.push(...behind.map(({ n: _, ...w }) => ({ ...w, lane: idem, params: w.params["id"] === toCome(o.instead!) ? { ...w.params, id: toCome(idem) } : w.params })));
    }
    void this.change([item, ...more], o.instead ? [o.instead] : []).then(() => this.flush());
    if (o.urgent) this.flush(true);
    return idem;
  }

  has(lane: string, method?: string): boolean {
    return this.waiting.value.some((w) => w.lane === lane && (!method || w.method === method));
  }

  /** Keeps a file for a command to come; its hash, and whether it would survive the page. */
  async keepFile(blob: Blob): Promise<{ sha256: string; kept: boolean }> {
    const sha256 = await sha256Of(blob);
    const kept = await this.shelf.keepFile(sha256, blob);
    if (!kept) this.loose.set(sha256, blob);
    return { sha256, kept };
  }
  private loose = new Map<string, Blob>();

  async file(sha256: string): Promise<Blob | null> {
    return this.loose.get(sha256) ?? (await this.shelf.file(sha256));
  }

  /** A file that no command will name after all. */
  dropFile(sha256: string): void {
    if (this.files.value.includes(sha256)) return;
    this.loose.delete(sha256);
    void this.shelf.dropFile(sha256);
  }

  /** The person has read it; what waited behind it has nothing to go to. */
  dismiss(r: Refused): void {
    const behind = this.all.value.filter((w) => w.params["id"] === toCome(r.item.idem));
    void this.change([], [r.item, ...behind].map((w) => w.idem));
  }

  /** The page lets go of it; what waits stays in the phone. */
  stop(): void {
    this.stopWatching();
    this.stopped = true;
    this.wake();
    this.follow();
    this.channel?.close();
  }

  /* ---- one sender of several tabs --------------------------------------------------------------- */

  private lead(): void {
    this.wake();
    if (this.stopped || this.leads || this.asking) return;
    const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
    if (!locks) {
      // Without locks two tabs may send the same command; the server does it once all the same.
      this.leads = true;
      this.flush();
      return;
    }
    const asking = (this.asking = new AbortController());
    locks
      .request(this.shelf.name, { signal: asking.signal }, async () => {
        this.asking = null;
        if (this.stopped || this.link.state !== "up") return;
        this.leads = true;
        await this.reload(); // another tab may have sent some of it
        this.flush();
        if (this.leads) await new Promise<void>((go) => (this.letGo = go));
      })
      .catch(() => undefined)
      .finally(() => {
        if (this.asking === asking) this.asking = null;
      });
  }

  private follow(): void {
    this.leads = false;
    this.asking?.abort();
    this.asking = null;
    this.letGo?.();
    this.letGo = null;
  }

  /* ---- what is kept ----------------------------------------------------------------------------- */

  private async reload(): Promise<void> {
    const [kept, named] = await Promise.all([this.shelf.items(), this.shelf.note<Record<string, string>>("named")]);
    this.named = { ...named, ...this.named };
    const here = kept.filter((w) => !this.dropping.has(w.idem) && !this.keeping.has(w.idem));
    const mine = this.all.value.filter((w) => this.keeping.has(w.idem) || this.unkept.value.has(w.idem));
    this.show([...here, ...mine.filter((w) => !here.some((h) => h.idem === w.idem))]);
  }

  private show(items: Waiting[]): void {
    const order = (w: Waiting) => w.n ?? Infinity;
    for (const w of items) this.last = Math.max(this.last, w.n ?? 0);
    this.all.value = [...items].sort((a, b) => (order(a) === order(b) ? 0 : order(a) - order(b)));
  }

  /** On the page at once, then in the phone. */
  private async change(put: Waiting[], drop: string[]): Promise<void> {
    const gone = new Set([...drop, ...put.map((w) => w.idem)]);
    for (const k of drop) this.dropping.add(k);
    for (const w of put) this.keeping.set(w.idem, w);
    this.show([...this.all.value.filter((w) => !gone.has(w.idem)), ...put]);
    await this.ready;
    for (const w of put) w.n ??= ++this.last;
    const kept = await this.shelf.change(put, drop);
    for (const k of drop) this.dropping.delete(k);
    const loose = new Set([...this.unkept.value].filter((k) => !gone.has(k)));
    for (const w of put) {
      if (this.keeping.get(w.idem) === w) this.keeping.delete(w.idem);
      if (!kept) loose.add(w.idem);
    }
    this.unkept.value = loose;
    if (!this.stopped) this.channel?.postMessage(0);
  }

  /* ---- sending ---------------------------------------------------------------------------------- */

  /** `now`: also what is still being written to the phone's storage. */
  flush(now = false): void {
    if (this.stopped || !this.leads || this.link.state !== "up") return;
    const lanes = new Set<string>();
    let files = [...this.active].filter((l) => this.files.value.includes(l)).length;
    for (const w of this.all.value) {
      if (lanes.has(w.lane)) continue;
      if (w.refused && w.lane !== w.idem) continue; // what follows it stands on its own
      lanes.add(w.lane);
      if (w.refused || this.active.has(w.lane) || this.resting.has(w.lane) || (this.keeping.has(w.idem) && !now)) continue;
      if (w.method === FILE && files++ >= FILES_AT_ONCE) continue;
      void this.go(w);
    }
  }

  private async go(item: Waiting): Promise<void> {
    this.active.add(item.lane);
    let wait = 0;
    try {
      const result = await (item.method === FILE ? this.goFile(item) : this.goCommand(item));
      this.answered(item, result);
      await this.arrived(item, result);
      this.done.get(item.idem)?.(result);
      this.done.delete(item.idem);
    } catch (e) {
      if (isTransient(e)) {
        item.tries++;
        wait = (e instanceof RpcError && e.retryAfterMs) || Math.min(RETRY_MOST_MS, RETRY_MS * 2 ** Math.min(item.tries - 1, 5));
      } else {
        await this.refuse(item, e as RpcError);
      }
    } finally {
      this.active.delete(item.lane);
    }
    if (wait) this.rest(item.lane, wait);
    this.flush();
  }

  private rest(lane: string, ms: number): void {
    if (this.stopped) return;
    this.resting.set(
      lane,
      setTimeout(() => {
        this.resting.delete(lane);
        this.flush();
      }, ms),
    );
  }
  private wake(): void {
    for (const timer of this.resting.values()) clearTimeout(timer);
    this.resting.clear();
  }

  private async goCommand(item: Waiting): Promise<unknown> {
    const id = item.params["id"];
    if (typeof id === "string" && id.startsWith("@")) {
      const name = this.named[id.slice(1)];
      if (!name) throw localError(-2, "outbox.orphan");
      item.params["id"] = name;
    }
    if (item.stamp) {
      // Only now is it known how wrong the clock is. The same parameters with every try: a key belongs to them.
      item.params[item.stamp.name] = new Date(item.stamp.ms + this.link.offsetMs).toISOString();
      delete item.stamp;
      await this.shelf.change([item]);
    }
    return this.link.command(item.method, item.params, item.idem);
  }

  private async goFile(item: Waiting): Promise<unknown> {
    const blob = await this.file(item.lane);
    if (!blob) throw localError(-2, "outbox.noFile");
    return this.send(item.lane, blob);
  }

  private async arrived(item: Waiting, result: unknown): Promise<void> {
    if (item.method === FILE) {
      this.loose.delete(item.lane);
      await this.change([], [item.idem]);
      await this.shelf.dropFile(item.lane);
      return;
    }
    const id = (result as { id?: unknown } | null)?.id;
    if (typeof id === "string" && item.lane === item.idem) {
      // Remembered before the command is forgotten: what follows it may be in another tab, or come after a restart.
      this.named = Object.fromEntries([...Object.entries(this.named).slice(-49), [item.idem, id]]);
      await this.shelf.setNote("named", this.named);
    }
    await this.change([], [item.idem]);
  }

  private async refuse(item: Waiting, e: RpcError): Promise<void> {
    this.done.delete(item.idem);
    if (item.quiet) return this.change([], [item.idem]);
    const data = { code: e.key, message_zh: e.zh, message_en: e.en, path: e.path };
    await this.change([{ ...item, refused: { code: e.code, data } }], []);
  }
}
