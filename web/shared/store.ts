// What the desk knows: open incidents, kept true by snapshot, then entries. An entry says
// only "something about this subject changed"; the truth is then fetched again. Simple, and right even
// when entries repeat or new kinds appear.
//
// The list is of lines (incident.open, incident.get_many): ten thousand of them come in pages and change a
// hundred at a time. What somebody reads is asked for whole (incident.get) as long as it is looked at.

import { computed, ref, shallowReactive } from "vue";
import type { Link } from "./link";
import { isTransient, RpcError } from "./link";
import type { Entry, Incident, Snapshot } from "./types";

/** Several entries about one incident come in one burst (reported, dispatched, created): one fetch. */
const MERGE_MS = 60;
/** As many as incident.get_many takes. */
const MANY = 100;
/** Questions about incidents under way at the same time. */
const PARALLEL = 4;
/** Incidents that are kept whole: those looked at last. */
const WHOLE = 16;
/** Ended ones kept for whoever still reads them. */
const ENDED_KEPT = 200;

const RETRY_MS = 1000;

const E_NOT_FOUND = -32004;
const E_FORBIDDEN = -32003;

const ENDED = new Set(["closed", "merged", "voided"]);

export interface StoreOptions {
  link: Link;
  mergeMs?: number;
  /** Does it follow incidents? Yes when left out; otherwise entries are only handed on. */
  incidents?: boolean;
}

export function isEnded(i: Incident): boolean {
  return ENDED.has(i.state);
}

export class Store {
  readonly incidents = shallowReactive(new Map<string, Incident>());
  /** False until the first snapshot: an empty list means nothing before that. */
  readonly loaded = ref(false);
  /** False while pages of open incidents are still to come. */
  readonly complete = ref(false);
  /** Rises with each change of one that is looked at, for what is derived lazily (a timeline that is open). */
  readonly changed = shallowReactive(new Map<string, number>());
  readonly open = computed(() => [...this.incidents.values()].filter((i) => !isEnded(i)));

  private readonly link: Link;
  private readonly mergeMs: number;
  private readonly followIncidents: boolean;
  private dirty = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private generation = 0;
  private asked = 0;
  private underWay = 0;
  private fetching = new Map<string, number>();
  /** Whole ones, the last looked at last. */
  private whole = new Set<string>();
  private ended = new Set<string>();
  /** Those met since the last snapshot began; the others are gone when its last page is here. */
  private met = new Set<string>();
  /** Reported while the page watched; said once they are known. */
  private born = new Set<string>();
  private newcomers = new Set<(i: Incident) => void>();
  private entries = new Set<(e: Entry) => void>();

  constructor(o: StoreOptions) {
    this.link = o.link;
    this.mergeMs = o.mergeMs ?? MERGE_MS;
    this.followIncidents = o.incidents ?? true;
    this.link.watchSnapshots((s) => this.load(s));
    this.link.watchEntries((e) => this.fold(e));
  }

  /** Called once for an incident that appears while the page is watching. */
  watchNew(fn: (i: Incident) => void): () => void {
    this.newcomers.add(fn);
    return () => this.newcomers.delete(fn);
  }
  watchEntries(fn: (e: Entry) => void): () => void {
    this.entries.add(fn);
    return () => this.entries.delete(fn);
  }

  clear(): void {
    this.generation++;
    this.incidents.clear();
    this.changed.clear();
    this.dirty.clear();
    this.whole.clear();
    this.ended.clear();
    this.loaded.value = this.complete.value = false;
  }

  load(s: Snapshot): void {
    this.generation++; // answers to earlier questions are older than the snapshot
    this.met = new Set();
    this.born.clear();
    this.dirty.clear();
    const first = s["incident.open"] ?? {};
    this.complete.value = false;
    this.page(first.rows ?? []);
    this.loaded.value = true;
    if (first.next) void this.more(first.next);
    else this.loadedAll();
    for (const id of this.whole) this.refresh(id);
  }

  private page(rows: Incident[]): void {
    for (const r of rows) {
      this.met.add(r.id);
      const known = this.incidents.get(r.id);
      if (known && known.rev > r.rev) continue; // an entry was quicker than the page
      this.incidents.set(r.id, known && this.whole.has(r.id) ? { ...known, ...r } : r);
      this.touch(r.id);
    }
  }

  /** The further pages of a snapshot. Its own time has passed meanwhile; what changed came as entries. */
  private async more(next: string): Promise<void> {
    const generation = this.generation;
    try {
      for (let after: string | undefined = next; after; ) {
        const r: { rows: Incident[]; next?: string } = await this.link.query("incident.open", { after });
        if (generation !== this.generation) return;
        this.page(r.rows);
        after = r.next;
      }
      this.loadedAll();
    } catch {
      if (generation === this.generation) setTimeout(() => generation === this.generation && void this.more(next), RETRY_MS);
    }
  }

  private loadedAll(): void {
    for (const id of [...this.incidents.keys()]) {
      if (this.met.has(id) || this.whole.has(id)) continue;
      this.forget(id);
    }
    this.complete.value = true;
  }

  fold(e: Entry): void {
    for (const fn of this.entries) fn(e);
    // Whatever is about an incident may have changed it; what a policy thought of it has not.
    if (!this.followIncidents || !e.subject || !/^i\d+$/.test(e.subject) || e.kind.startsWith("policy.")) return;
    if (e.kind === "incident.reported") this.born.add(e.subject);
    this.dirty.add(e.subject);
    this.arm();
  }

  /** Somebody looks at it: all of it, now and whenever it changes. */
  refresh(id: string): void {
    this.whole.delete(id);
    this.whole.add(id);
    for (const oldest of this.whole) {
      if (this.whole.size <= WHOLE) break;
      this.whole.delete(oldest);
      this.changed.delete(oldest);
    }
    this.dirty.add(id);
    this.arm();
  }

  put(i: Incident): void {
    const known = this.incidents.get(i.id);
    this.met.add(i.id);
    if (known && known.rev > i.rev) return; // an answer that was overtaken
    this.incidents.set(i.id, i);
    this.touch(i.id);
    // Before the last page is here, one that is not known need not be new.
    const fresh = this.born.delete(i.id) || this.complete.value;
    if (isEnded(i)) this.keepEnded(i.id);
    else {
      this.ended.delete(i.id);
      if (!known && fresh) for (const fn of this.newcomers) fn(i);
    }
  }

  /** A page that is open for weeks does not keep every case of those weeks. */
  private keepEnded(id: string): void {
    this.ended.add(id);
    for (const oldest of this.ended) {
      if (this.ended.size <= ENDED_KEPT) break;
      this.ended.delete(oldest);
      if (!this.whole.has(oldest)) this.forget(oldest);
    }
  }

  private forget(id: string): void {
    this.incidents.delete(id);
    this.changed.delete(id);
  }

  private touch(id: string): void {
    if (this.whole.has(id)) this.changed.set(id, (this.changed.get(id) ?? 0) + 1);
  }

  private arm(): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.flush();
    }, this.mergeMs);
  }

  private flush(): void {
    while (this.dirty.size > 0 && this.underWay < PARALLEL) {
      const lines: string[] = [];
      let one = "";
      for (const id of this.dirty) {
        if (this.whole.has(id)) one ||= id;
        else if (lines.length < MANY) lines.push(id);
      }
      // What is looked at first.
      const ids = one ? [one] : lines;
      for (const id of ids) this.dirty.delete(id);
      this.underWay++;
      void this.fetch(ids, one !== "").finally(() => {
        this.underWay--;
        if (this.dirty.size > 0) this.flush();
      });
    }
  }

  /** Lines of these, or the whole of one. */
  private async fetch(ids: string[], whole: boolean): Promise<void> {
    const generation = this.generation;
    const ask = ++this.asked;
    for (const id of ids) this.fetching.set(id, ask);
    const current = (id: string) => generation === this.generation && this.fetching.get(id) === ask;
    try {
      const rows = whole
        ? [await this.link.query<Incident>("incident.get", { id: ids[0] })]
        : (await this.link.query<{ rows: Incident[] }>("incident.get_many", { ids })).rows;
      const found = new Set(rows.map((r) => r.id));
      for (const r of rows) if (current(r.id)) this.put(r);
      for (const id of ids) if (!found.has(id) && current(id)) this.gone(id);
    } catch (e) {
      if (generation !== this.generation || !(e instanceof RpcError)) return;
      if (e.code === E_NOT_FOUND || e.code === E_FORBIDDEN) ids.filter(current).forEach((id) => this.gone(id));
      else if (isTransient(e))
        setTimeout(() => {
          if (generation !== this.generation) return;
          for (const id of ids) this.dirty.add(id);
          this.arm();
        }, e.retryAfterMs || RETRY_MS);
      // Anything else ends the session or the connection, and a snapshot follows.
    } finally {
      for (const id of ids) if (this.fetching.get(id) === ask) this.fetching.delete(id);
    }
  }

  /** Gone, or no longer ours to see. */
  private gone(id: string): void {
    if (this.incidents.delete(id)) this.touch(id);
  }
}
