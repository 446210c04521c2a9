// A list that the server keeps and cuts into pages: the first is asked for with every change of the question, more is
// added behind it; an older answer never overtakes a newer question.

import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { useAdmin } from "../admin";

interface Page {
  rows: unknown[];
  next?: string | number;
}
type Next<A extends Page> = NonNullable<A["next"]>;
export interface Paged<A extends Page> {
  rows: ShallowRef<A["rows"]>;
  /** The last page's other members. */
  last: ShallowRef<A | null>;
  data: ShallowRef<A | null>;
  error: ShallowRef<unknown>;
  busy: Ref<boolean>;
  again(): void;
  more(): void;
}

export function usePages<A extends Page>(ask: (after?: Next<A>) => Promise<A>, prefixes: string[] = []): Paged<A> {
  const admin = useAdmin();
  const rows = shallowRef([]) as ShallowRef<A["rows"]>;
  const last = shallowRef(null) as ShallowRef<A | null>;
  const error = shallowRef<unknown>(null);
  const busy = ref(false);
  let turn = 0;
  async function load(after?: Next<A>): Promise<void> {
    const mine = ++turn;
    busy.value = true;
    try {
      const answer = await ask(after);
      if (mine !== turn) return;
      rows.value = after === undefined ? answer.rows : [...rows.value, ...answer.rows];
      last.value = answer;
      error.value = null;
    } catch (e) {
      if (mine === turn) error.value = e;
    } finally {
      if (mine === turn) busy.value = false;
    }
  }
  const again = () => void load();
  const stop = admin.onEntries(prefixes, again);
  watch(admin.live, (up) => up && again());
  onScopeDispose(() => {
    turn++;
    stop();
  });
  again();
  return { rows, last, data: last, error, busy, again, more: () => void (last.value?.next !== undefined && load(last.value.next as Next<A>)) };
}
