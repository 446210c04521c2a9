// Orders that ended without him: recalled or lapsed, perhaps while the phone was away. The list of open tasks only no
// longer has them, so the phone remembers which it had, asks what became of one that is gone, and says "do not go"
// until he has read it.

import { ref, watch, type Ref } from "vue";
import { isTransient } from "../shared/link";
import type { Incident, MyTask } from "../shared/types";
import type { PhoneSession } from "./parts";

export interface Order {
  id: string;
  incident: string;
  number: number;
  title: string;
}

export interface Gone extends Order {
  state: "recalled" | "expired";
  reason?: string;
  /** Who goes instead. */
  instead?: string;
}

interface Kept {
  had: Order[];
  gone: Gone[];
}

export function orderOf(t: MyTask): Order {
  return { id: t.id, incident: t.incident, number: t.number ?? 0, title: t.incident_title ?? "" };
}

/** Of the orders the phone had, those that are no longer open. */
export function missing(had: readonly Order[], tasks: readonly MyTask[]): Order[] {
  const open = new Set(tasks.map((t) => t.id));
  return had.filter((o) => !open.has(o.id));
}

/** What became of an order; null when he ended it himself, or it is nobody's business to say. */
export function fateOf(o: Order, i: Incident): Gone | null {
  const task = i.tasks?.find((t) => t.id === o.id);
  if (!task || (task.state !== "recalled" && task.state !== "expired")) return null;
  const next = i.tasks?.find((t) => t.id === task.reassigned_to);
  const gone: Gone = { ...o, state: task.state };
  if (task.reason) gone.reason = task.reason;
  if (next) gone.instead = next.name ?? next.to.user ?? next.to.unit ?? next.to.team ?? "";
  return gone;
}

export interface Orders {
  gone: Ref<Gone[]>;
  dismiss(id: string): void;
  titleOf(id: string): string;
  stop(): void;
}

export function followOrders(
  session: PhoneSession,
  storage: Pick<Storage, "getItem" | "setItem">,
  key: string,
  told: (g: Gone) => void,
): Orders {
  const { link, store } = session;
  let kept: Kept = { had: [], gone: [] };
  try {
    const k = JSON.parse(storage.getItem(key) ?? "null") as Kept | null;
    if (Array.isArray(k?.had) && Array.isArray(k.gone)) kept = k;
  } catch {
    /* unreadable: it begins anew */
  }
  const gone = ref<Gone[]>(kept.gone);
  const titles = new Map(kept.had.map((o) => [o.id, o.title]));
  let asking = new Set<string>();
  let stopped = false;
  const save = () => storage.setItem(key, JSON.stringify({ ...kept, gone: gone.value }));

  const ask = async (o: Order) => {
    if (asking.has(o.id)) return;
    asking.add(o.id);
    try {
      const fate = fateOf(o, await link.query<Incident>("incident.get", { id: o.incident }));
      if (stopped) return;
      if (fate) {
        gone.value = [fate, ...gone.value.filter((g) => g.id !== o.id)].slice(0, 20);
        told(fate);
      }
    } catch (e) {
      if (isTransient(e)) return; // it stays remembered, and is asked about with the next list
    } finally {
      asking.delete(o.id);
    }
    kept.had = kept.had.filter((x) => x.id !== o.id);
    save();
  };

  const stopTasks = watch(
    [store.tasks, store.loaded],
    () => {
      if (!store.loaded.value) return;
      const lost = missing(kept.had, store.tasks.value);
      const open = store.tasks.value.map(orderOf);
      kept.had = [...open, ...lost];
      for (const o of open) titles.set(o.id, o.title);
      // Sent again after all: no longer gone.
      gone.value = gone.value.filter((g) => !open.some((o) => o.id === g.id));
      save();
      for (const o of lost) void ask(o);
    },
    { immediate: true },
  );

  return {
    gone,
    dismiss(id) {
      gone.value = gone.value.filter((g) => g.id !== id);
      save();
    },
    titleOf: (id) => titles.get(id) ?? "",
    stop() {
      stopped = true;
      stopTasks();
      asking = new Set();
    },
  };
}
