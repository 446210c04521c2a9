// What the phone knows: the incidents its owner has to do with, and his tasks. An entry says only "something about this
// changed"; the truth is then asked for again. What he looks at is asked for whole, the rest as lines. The desk's store
// (shared/store.ts) does this for ten thousand; here it is a few dozen.

import { ref, shallowReactive, shallowRef } from "vue";
import { isTransient, RpcError, type Link } from "../shared/link";
import type { Entry, Incident, MyTask, Snapshot } from "../shared/types";

/** Several entries about one incident come in one burst: one question. */
const MERGE_MS = 60;
/** As many as incident.get_many takes. */
const MANY = 100;
/** Kept whole: those looked at last. */
const WHOLE = 16;
const RETRY_MS = 1000;
const E_NOT_FOUND = -32004;
const E_FORBIDDEN = -32003;

type Page = { rows?: Incident[]; next?: string };

export class PhoneStore {
  readonly incidents = shallowReactive(new Map<string, Incident>());
  readonly tasks = shallowRef<MyTask[]>([]);
  /** False until the first snapshot: an empty list means nothing before that. */
  readonly loaded = ref(false);

  private dirty = new Set<string>();
  private whole = new Set<string>();
  /** Heard of since the last snapshot began; the others are gone when its last page is here. */
  private met = new Set<string>();
  private tasksDirty = false;
  private armed = false;
  /** Answers to questions from before a snapshot are older than it. */
  private generation = 0;
  /** The last question about each, "" for the tasks: an answer that was overtaken says nothing. */
  private asked = new Map<string, number>();
  private questions = 0;

  constructor(
    private readonly link: Link,
    private readonly mergeMs = MERGE_MS,
  ) {
    link.watchSnapshots((s) => this.load(s));
    link.watchEntries((e) => this.fold(e));
  }

  clear(): void {
    this.generation++;
    this.incidents.clear();
    this.tasks.value = [];
    this.dirty.clear();
    this.whole.clear();
    this.tasksDirty = this.loaded.value = false;
  }

  load(s: Snapshot): void {
    this.generation++;
    this.met = new Set();
    this.tasksDirty = false;
    this.tasks.value = s["task.mine"]?.rows ?? this.tasks.value;
    void this.pages(s["incident.open"] ?? {});
    this.loaded.value = true;
    this.dirty = new Set(this.whole);
    this.arm();
  }

  private async pages(page: Page): Promise<void> {
    const generation = this.generation;
    for (;;) {
      for (const r of page.rows ?? []) this.put(this.whole.has(r.id) ? { ...this.incidents.get(r.id), ...r } : r);
      const after = page.next;
      if (!after) break;
      page = await this.link.query<Page>("incident.open", { after }).catch(() => new Promise((ok) => setTimeout(ok, RETRY_MS, { next: after })));
      if (generation !== this.generation) return;
    }
    for (const id of this.incidents.keys()) if (!this.met.has(id) && !this.whole.has(id)) this.incidents.delete(id);
  }

  fold(e: Entry): void {
    // Whatever is about an incident may have changed it; what a policy thought of it has not.
    if (!/^i\d+$/.test(e.subject ?? "") || e.kind.startsWith("policy.")) return;
    this.dirty.add(e.subject!);
    this.tasksDirty = true;
    this.arm();
  }

  /** Somebody looks at it: all of it, now and whenever it changes. */
  refresh(id: string): void {
    this.whole.delete(id);
    this.whole = new Set([...this.whole, id].slice(-WHOLE));
    this.dirty.add(id);
    this.arm();
  }

  /** A command's answer is news, too: the link may be gone before the list could be fetched again. */
  told(answer: unknown): void {
    const { id, state, rev, due_at } = (answer ?? {}) as Partial<MyTask> & { due_at?: string };
    this.tasks.value = this.tasks.value.map((x) => {
      if (x.id !== id) return x;
      if (state && rev !== undefined) return (x.rev ?? 0) < rev ? { ...x, state, rev } : x;
      return due_at && x.checkin ? { ...x, checkin: { ...x.checkin, due_at, missed: 0 } } : x;
    });
  }

  private put(i: Incident): void {
    this.met.add(i.id);
    if ((this.incidents.get(i.id)?.rev ?? 0) <= i.rev) this.incidents.set(i.id, i);
  }

  private arm(ms = this.mergeMs): void {
    if (this.armed) return;
    this.armed = true;
    setTimeout(() => {
      this.armed = false;
      const ids = [...this.dirty];
      this.dirty.clear();
      for (const id of ids) if (this.whole.has(id)) void this.ask("incident.get", { id }, [id]);
      const lines = ids.filter((id) => !this.whole.has(id));
      while (lines.length) {
        const some = lines.splice(0, MANY);
        void this.ask("incident.get_many", { ids: some }, some);
      }
      if (this.tasksDirty) void this.ask("task.mine", {}, [""]);
      this.tasksDirty = false;
    }, ms);
  }

  private async ask(method: string, params: Record<string, unknown>, ids: string[]): Promise<void> {
    const generation = this.generation;
    const question = ++this.questions;
    for (const id of ids) this.asked.set(id, question);
    const current = (id: string) => generation === this.generation && this.asked.get(id) === question;
    try {
      const r = await this.link.query<Incident & { rows: (Incident & MyTask)[] }>(method, params);
      if (method === "task.mine") {
        // Asked before a command of ours was answered, read before it was written: what it was told since stays.
        const told = new Map(this.tasks.value.map((x) => [x.id, x]));
        const newer = (x: MyTask) => {
          const t = told.get(x.id);
          return t && (t.rev ?? 0) > (x.rev ?? 0) ? { ...x, state: t.state, rev: t.rev } : x;
        };
        if (current("")) this.tasks.value = r.rows.map(newer) as MyTask[];
        return;
      }
      const rows: Incident[] = method === "incident.get" ? [r] : r.rows;
      for (const i of rows) if (current(i.id)) this.put(i);
      this.gone(ids.filter((id) => current(id) && !rows.some((i) => i.id === id)));
    } catch (e) {
      if (isTransient(e))
        setTimeout(
          () => {
            for (const id of ids.filter(current)) {
              if (id) this.dirty.add(id);
              else this.tasksDirty = true;
              this.arm();
            }
          },
          (e as Partial<RpcError>).retryAfterMs || RETRY_MS,
        );
      else if ([E_NOT_FOUND, E_FORBIDDEN].includes((e as RpcError).code)) this.gone(ids.filter(current));
    }
  }

  /** No longer there, or no longer his to see. */
  private gone(ids: string[]): void {
    for (const id of ids) this.incidents.delete(id);
  }
}
