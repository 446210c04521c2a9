// Commands that must survive a reload: kept in the browser's storage with their idempotency keys, sent in
// order about one subject, again and again until the server answers. The field page lives on this.

import { shallowRef } from "vue";
import { newIdem } from "./ids";
import { isTransient, RpcError, type Link } from "./link";

export interface Waiting {
  idem: string;
  method: string;
  params: Record<string, unknown>;
  /** Commands with the same lane go one after another. */
  lane: string;
  queuedAt: number;
  tries: number;
  /** A machine's receipt: nobody needs to hear that it was refused. */
  quiet?: boolean;
  /** What the form looked like, to put it back when the server refuses. */
  memo?: unknown;
}

export interface PutOptions {
  lane?: string;
  quiet?: boolean;
  memo?: unknown;
  /** Called if the answer comes while this page lives. */
  onDone?(result: unknown): void;
}

export interface Refused {
  item: Waiting;
  error: RpcError;
}

const RETRY_MS = 3000;

export class Outbox {
  readonly waiting = shallowRef<Waiting[]>([]);
  readonly refused = shallowRef<Refused[]>([]);
  private readonly stopWatching: () => void;
  private stopped = false;
  private active = new Set<string>();
  private retry: ReturnType<typeof setTimeout> | null = null;
  private done = new Map<string, (result: unknown) => void>();

  constructor(
    private readonly link: Link,
    private readonly storage: Pick<Storage, "getItem" | "setItem">,
    private readonly key: string,
    /** Hears each answer before its command leaves the list, so that nothing flickers between the two. */
    private readonly answered: (item: Waiting, result: unknown) => void = () => undefined,
  ) {
    try {
      const kept = JSON.parse(storage.getItem(key) ?? "[]") as Waiting[];
      if (Array.isArray(kept)) this.waiting.value = kept;
    } catch {
      /* unreadable: nothing can be resent from it */
    }
    this.stopWatching = link.watchState((s) => {
      if (s === "up") this.flush();
    });
    this.flush();
  }

  /** Keeps the command first, then sends it. */
  put(method: string, params: Record<string, unknown>, o: PutOptions = {}): void {
    const idem = newIdem();
    const lane = o.lane ?? (typeof params["id"] === "string" ? params["id"] : idem);
    const item: Waiting = { idem, method, params, lane, queuedAt: Date.now(), tries: 0 };
    if (o.quiet) item.quiet = true;
    if (o.memo !== undefined) item.memo = o.memo;
    if (o.onDone) this.done.set(idem, o.onDone);
    this.save([...this.waiting.value, item]);
    this.flush();
  }

  has(lane: string, method?: string): boolean {
    return this.waiting.value.some((w) => w.lane === lane && (!method || w.method === method));
  }

  dismiss(r: Refused): void {
    this.refused.value = this.refused.value.filter((x) => x !== r);
  }

  /** The page lets go of it; what waits stays in the storage. */
  stop(): void {
    this.stopWatching();
    if (this.retry) clearTimeout(this.retry);
    this.retry = null;
    this.stopped = true;
  }

  flush(): void {
    if (this.stopped || this.link.state !== "up") return;
    const lanes = new Set<string>();
    for (const w of this.waiting.value) {
      if (lanes.has(w.lane)) continue;
      lanes.add(w.lane);
      if (!this.active.has(w.lane)) void this.send(w);
    }
  }

  private async send(item: Waiting): Promise<void> {
    this.active.add(item.lane);
    let again = false;
    try {
      const result = await this.link.command(item.method, item.params, item.idem);
      this.answered(item, result);
      this.drop(item);
      this.done.get(item.idem)?.(result);
      this.done.delete(item.idem);
    } catch (e) {
      if (isTransient(e)) {
        again = true;
        item.tries++;
      } else {
        this.drop(item);
        this.done.delete(item.idem);
        if (!item.quiet) this.refused.value = [...this.refused.value, { item, error: e as RpcError }];
      }
    } finally {
      this.active.delete(item.lane);
    }
    if (!again) this.flush();
    else
      this.retry ??= setTimeout(() => {
        this.retry = null;
        this.flush();
      }, RETRY_MS);
  }

  private drop(item: Waiting): void {
    this.save(this.waiting.value.filter((w) => w.idem !== item.idem));
  }

  private save(items: Waiting[]): void {
    this.waiting.value = items;
    this.storage.setItem(this.key, JSON.stringify(items));
  }
}
