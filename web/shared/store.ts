// What the page knows: open incidents and own tasks, kept true by snapshot, then entries. An entry says
// only "something about this subject changed"; the truth is then fetched again. Simple, and right even
// when entries repeat or new kinds appear.

import { computed, ref, shallowReactive, triggerRef } from "vue";
import type { Link } from "./link";
import { E_OVERLOADED, E_STORAGE, RpcError } from "./link";
import type { Entry, Incident, MyTask, Snapshot } from "./types";

/** Several entries about one incident come in one burst (reported, dispatched, created): one fetch. */
const MERGE_MS = 60;
/** More changed incidents than this at once: one list is cheaper than many gets. */
const LIST_ABOVE = 25;
/** Gets under way at the same time. */
const PARALLEL = 4;

const RETRY_MS = 1000;

const E_NOT_FOUND = -32004;
const E_FORBIDDEN = -32003;

const ENDED = new Set(["closed", "merged", "voided"]);

export interface StoreOptions {
  link: Link;
  mergeMs?: number;
  /** Does this page follow `task.mine`? */
  tasks?: boolean;
  /** Does it follow incidents? Yes when left out; otherwise entries are only handed on. */
  incidents?: boolean;
}

export function isEnded(i: Incident): boolean {
  return ENDED.has(i.state);
}

export class Store {
  readonly incidents = shallowReactive(new Map<string, Incident>());
  readonly tasks = ref<MyTask[]>([]);
  /** False until the first snapshot: an empty list means nothing before that. */
  readonly loaded = ref(false);
  /** Rises with each change, for what is derived lazily (a timeline that is open). */
  readonly changed = shallowReactive(new Map<string, number>());
  readonly open = computed(() => [...this.incidents.values()].filter((i) => !isEnded(i)));

  private readonly link: Link;
  private readonly mergeMs: number;
  private readonly followTasks: boolean;
  private readonly followIncidents: boolean;
  private dirty = new Set<string>();
  private tasksDirty = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private generation = 0;
  private asked = 0;
  private tasksAsked = 0;
  private fetching = new Map<string, number>();
  private newcomers = new Set<(i: Incident) => void>();
  private entries = new Set<(e: Entry) => void>();

  constructor(o: StoreOptions) {
    this.link = o.link;
    this.mergeMs = o.mergeMs ?? MERGE_MS;
    this.followTasks = o.tasks ?? false;
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
    this.tasks.value = [];
    this.dirty.clear();
    this.tasksDirty = false;
    this.loaded.value = false;
  }

  load(s: Snapshot): void {
    this.generation++; // answers to earlier questions are older than the snapshot
    const rows = s["incident.open"]?.rows ?? [];
    const keep = new Set(rows.map((r) => r.id));
    for (const id of [...this.incidents.keys()]) if (!keep.has(id)) this.incidents.delete(id);
    for (const r of rows) {
      const known = this.incidents.get(r.id);
      this.incidents.set(r.id, known?.text && known.rev === r.rev ? { ...r, text: known.text } : r);
      this.touch(r.id);
    }
    if (s["task.mine"]?.rows) this.tasks.value = s["task.mine"].rows;
    this.dirty.clear();
    this.tasksDirty = false;
    this.loaded.value = true;
  }

  fold(e: Entry): void {
    for (const fn of this.entries) fn(e);
    // Whatever is about an incident may have changed it; what a policy thought of it has not.
    if (!this.followIncidents || !e.subject || !/^i\d+$/.test(e.subject) || e.kind.startsWith("policy.")) return;
    this.refresh(e.subject);
    if (this.followTasks) this.refreshTasks();
  }

  refresh(id: string): void {
    this.dirty.add(id);
    this.arm();
  }

  refreshTasks(): void {
    this.tasksDirty = true;
    this.arm();
  }

  /** A command's answer is news, too: the link may be gone before the list could be fetched again. */
  told(answer: unknown): void {
    const { id, state, rev, due_at } = (answer ?? {}) as Partial<MyTask> & { due_at?: string };
    if (!id) return;
    if (state && rev !== undefined)
      this.tasks.value = this.tasks.value.map((x) => (x.id === id && (x.rev ?? 0) < rev ? { ...x, state, rev } : x));
    else if (due_at)
      this.tasks.value = this.tasks.value.map((x) => (x.id === id && x.checkin ? { ...x, checkin: { ...x.checkin, due_at, missed: 0 } } : x));
  }

  put(i: Incident): void {
    const known = this.incidents.get(i.id);
    if (known && known.rev > i.rev) return; // an answer that was overtaken
    this.incidents.set(i.id, i);
    this.touch(i.id);
    if (!known && this.loaded.value && !isEnded(i)) for (const fn of this.newcomers) fn(i);
  }

  private touch(id: string): void {
    this.changed.set(id, (this.changed.get(id) ?? 0) + 1);
  }

  private arm(): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      void this.flush();
    }, this.mergeMs);
  }

  private async flush(): Promise<void> {
    const ids = [...this.dirty];
    this.dirty.clear();
    const jobs: Promise<void>[] = [];
    if (this.tasksDirty) {
      this.tasksDirty = false;
      jobs.push(this.fetchTasks());
    }
    if (ids.length > LIST_ABOVE) {
      jobs.push(this.fetchOpen(ids));
    } else {
      const queue = [...ids];
      const worker = async () => {
        for (let id = queue.shift(); id !== undefined; id = queue.shift()) await this.fetchOne(id);
      };
      for (let i = 0; i < Math.min(PARALLEL, ids.length); i++) jobs.push(worker());
    }
    await Promise.all(jobs);
  }

  private async fetchOne(id: string): Promise<void> {
    const generation = this.generation;
    const ask = ++this.asked;
    this.fetching.set(id, ask);
    try {
      const i = await this.link.query<Incident>("incident.get", { id });
      if (generation === this.generation && this.fetching.get(id) === ask) this.put(i);
    } catch (e) {
      if (generation !== this.generation || !(e instanceof RpcError)) return;
      if (e.code === E_NOT_FOUND || e.code === E_FORBIDDEN) {
        this.incidents.delete(id); // gone, or no longer ours to see
        this.touch(id);
      } else if (e.code === E_OVERLOADED || e.code === E_STORAGE) {
        setTimeout(() => this.refresh(id), e.retryAfterMs || RETRY_MS);
      }
      // Anything else ends the session or the connection, and a snapshot follows.
    } finally {
      if (this.fetching.get(id) === ask) this.fetching.delete(id);
    }
  }

  private async fetchOpen(ids: string[]): Promise<void> {
    const generation = this.generation;
    try {
      const r = await this.link.query<{ rows: Incident[] }>("incident.open");
      if (generation !== this.generation) return;
      const open = new Set<string>();
      for (const row of r.rows) {
        open.add(row.id);
        this.put(row);
      }
      for (const id of ids) if (!open.has(id) && this.incidents.delete(id)) this.touch(id);
    } catch {
      if (generation === this.generation) setTimeout(() => ids.forEach((id) => this.refresh(id)), RETRY_MS);
    }
  }

  private async fetchTasks(): Promise<void> {
    const generation = this.generation;
    const ask = ++this.tasksAsked;
    try {
      const r = await this.link.query<{ rows: MyTask[] }>("task.mine");
      if (generation === this.generation && ask === this.tasksAsked) {
        this.tasks.value = r.rows;
        triggerRef(this.tasks);
      }
    } catch {
      if (generation === this.generation) setTimeout(() => this.refreshTasks(), RETRY_MS);
    }
  }
}
