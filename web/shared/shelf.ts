// Where a phone keeps what must outlive the page: IndexedDB, one database a person; drafts, commands that wait, and the
// bytes of photos. When that cannot be had (private windows, a full phone), what is small goes to localStorage, and what
// fits nowhere is told: `trouble`.

import { ref } from "vue";

/** "full": it did not fit. "none": this browser keeps nothing for this page. */
export type Trouble = "" | "full" | "none";

interface Keyed {
  idem: string;
}

const STORES = ["items", "files", "notes"] as const;
type Store = (typeof STORES)[number];

const done = <T>(r: IDBRequest<T>): Promise<T> =>
  new Promise((ok, fail) => {
    r.onsuccess = () => ok(r.result);
    r.onerror = () => fail(r.error ?? new Error("IndexedDB"));
  });

export class Shelf<T extends Keyed> {
  readonly trouble = ref<Trouble>("");
  private db: Promise<IDBDatabase> | null = null;

  /** `name` is the database, and the key in localStorage of what did not fit into it. */
  constructor(
    readonly name: string,
    private readonly spare: Pick<Storage, "getItem" | "setItem"> | null = typeof localStorage === "undefined" ? null : localStorage,
  ) {}

  private open(): Promise<IDBDatabase> {
    return (this.db ??= new Promise((ok, fail) => {
      const r = indexedDB.open(this.name, 1);
      r.onupgradeneeded = () => STORES.forEach((s) => r.result.createObjectStore(s));
      r.onerror = () => fail(r.error ?? new Error("IndexedDB"));
      r.onsuccess = () => {
        // The browser may throw it away under us (storage cleared): open it again then.
        r.result.onclose = () => (this.db = null);
        ok(r.result);
      };
    }));
  }

  /** One transaction, whole or not at all; resolves when it is on disk. */
  private async write(stores: Store[], act: (t: IDBTransaction) => void): Promise<void> {
    const db = await this.open();
    await new Promise<void>((ok, fail) => {
      const t = db.transaction(stores, "readwrite");
      t.oncomplete = () => ok();
      t.onabort = () => fail(t.error ?? new Error("IndexedDB"));
      try {
        act(t);
      } catch (e) {
        fail(e as Error);
        t.abort();
      }
    });
  }

  private async read<R>(store: Store, act: (s: IDBObjectStore) => IDBRequest<R>): Promise<R> {
    return done(act((await this.open()).transaction(store).objectStore(store)));
  }

  private failed(e: unknown): void {
    this.trouble.value = (e as Error | null)?.name === "QuotaExceededError" ? "full" : "none";
    if (this.trouble.value === "none") this.db = null;
  }

  private spared(): T[] {
    try {
      const kept = JSON.parse(this.spare?.getItem(this.name) ?? "[]") as T[];
      return Array.isArray(kept) ? kept : [];
    } catch {
      return [];
    }
  }
  private spareAll(items: T[]): void {
    if (!this.spare) throw new Error("no storage");
    this.spare.setItem(this.name, JSON.stringify(items));
  }

  async items(): Promise<T[]> {
    const spared = this.spared();
    try {
      const kept = (await this.read("items", (s) => s.getAll())) as T[];
      return [...kept.filter((k) => !spared.some((s) => s.idem === k.idem)), ...spared];
    } catch (e) {
      this.failed(e);
      return spared;
    }
  }

  /** Puts and drops in one step. False when what is put is kept nowhere. */
  async change(put: readonly T[], drop: readonly string[] = []): Promise<boolean> {
    const gone = new Set([...drop, ...put.map((i) => i.idem)]);
    const spared = this.spared();
    const left = spared.filter((i) => !gone.has(i.idem));
    try {
      await this.write(["items"], (t) => {
        const s = t.objectStore("items");
        for (const i of put) s.put(i, i.idem);
        for (const k of drop) s.delete(k);
      });
      if (left.length < spared.length) this.spareAll(left);
      if (put.length) this.trouble.value = "";
      return true;
    } catch (e) {
      this.failed(e);
    }
    try {
      this.spareAll([...left, ...put]);
      return true;
    } catch {
      return put.length === 0;
    }
  }

  /** False when there is no room for it. */
  async keepFile(sha256: string, blob: Blob): Promise<boolean> {
    try {
      // Bytes, not the Blob: a Blob that an older WebKit kept may be empty after a restart.
      const bytes = await blob.arrayBuffer();
      await this.write(["files"], (t) => void t.objectStore("files").put({ type: blob.type, bytes }, sha256));
      return true;
    } catch (e) {
      this.failed(e);
      return false;
    }
  }

  async file(sha256: string): Promise<Blob | null> {
    try {
      const f = (await this.read("files", (s) => s.get(sha256))) as { type: string; bytes: ArrayBuffer } | undefined;
      return f ? new Blob([f.bytes], { type: f.type }) : null;
    } catch {
      return null;
    }
  }

  async dropFile(sha256: string): Promise<void> {
    await this.write(["files"], (t) => void t.objectStore("files").delete(sha256)).catch(() => undefined);
  }

  /** Small things by name: a draft, what the last snapshot said. */
  async note<N>(name: string): Promise<N | null> {
    try {
      return ((await this.read("notes", (s) => s.get(name))) as N | undefined) ?? null;
    } catch {
      return null;
    }
  }

  /** False when it is not kept. */
  async setNote(name: string, value: unknown): Promise<boolean> {
    try {
      await this.write(["notes"], (t) => void t.objectStore("notes").put(value, name));
      return true;
    } catch (e) {
      this.failed(e);
      return false;
    }
  }
}
