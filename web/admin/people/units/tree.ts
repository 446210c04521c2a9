// The org tree as far as it has been opened: levels are asked for when they are, and again when a unit changes.

import { computed, reactive, ref, type Ref } from "vue";
import type { PeopleApi, UnitRow } from "../api";

export interface Node {
  row: UnitRow;
  level: number;
  open: boolean;
  loading: boolean;
  error: unknown;
}
interface Level {
  rows: UnitRow[];
  loading: boolean;
  error: unknown;
}

export function createTree(people: Pick<PeopleApi, "children">, closed: Ref<boolean>) {
  const levels = reactive(new Map<string, Level>());
  const open = reactive(new Set<string>());
  const parents = new Map<string, string>();
  const ROOT = "";
  const asked = new Map<string, number>();

  async function load(parent: string): Promise<void> {
    const mine = (asked.get(parent) ?? 0) + 1;
    asked.set(parent, mine);
    const had = levels.get(parent);
    levels.set(parent, { rows: had?.rows ?? [], loading: true, error: null });
    try {
      const rows: UnitRow[] = [];
      for (let after: string | undefined; ; ) {
        const r = await people.children({ ...(parent && { parent }), ...(closed.value && { closed: true }), ...(after && { after }) });
        rows.push(...r.rows);
        if (!r.next) break;
        after = r.next;
      }
      if (asked.get(parent) !== mine) return;
      for (const r of rows) parents.set(r.id, parent);
      levels.set(parent, { rows, loading: false, error: null });
    } catch (error) {
      if (asked.get(parent) === mine) levels.set(parent, { rows: had?.rows ?? [], loading: false, error });
    }
  }
  async function expand(id: string): Promise<void> {
    open.add(id);
    if (!levels.has(id) || levels.get(id)?.error) await load(id);
  }

  const visible = computed<Node[]>(() => {
    const out: Node[] = [];
    const walk = (parent: string, level: number) => {
      for (const row of levels.get(parent)?.rows ?? []) {
        const below = levels.get(row.id);
        const isOpen = open.has(row.id) && row.children > 0;
        out.push({ row, level, open: isOpen, loading: isOpen && !!below?.loading && !below.rows.length, error: isOpen ? below?.error : null });
        if (isOpen) walk(row.id, level + 1);
      }
    };
    walk(ROOT, 1);
    return out;
  });

  const at = ref(0);
  return {
    visible,
    at,
    root: computed(() => levels.get(ROOT)),
    async start(): Promise<void> {
      await load(ROOT);
      const first = levels.get(ROOT)?.rows[0];
      if (first) await expand(first.id);
    },
    expand,
    collapse: (id: string) => void open.delete(id),
    parentOf: (id: string) => parents.get(id) ?? "",
    /** Opens what is above, so that the unit can be seen. */
    async reveal(above: string[]): Promise<void> {
      for (const id of above) if (parents.has(id) || levels.get(ROOT)?.rows.some((r) => r.id === id)) await expand(id);
    },
    /** Asks again for every level that is shown. */
    async refresh(): Promise<void> {
      await Promise.all([...levels.keys()].filter((p) => p === ROOT || open.has(p)).map(load));
      for (const p of [...levels.keys()]) if (p !== ROOT && !open.has(p)) levels.delete(p);
    },
  };
}
export type Tree = ReturnType<typeof createTree>;
