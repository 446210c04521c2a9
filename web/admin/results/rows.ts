// A list of a finished run, read page by page: the first thousands at once, so that it can be filtered and sorted
// here; what lies beyond is asked for.

import { ref, shallowRef, type Ref, type ShallowRef } from "vue";
import type { Api, Job } from "../api";

const PAGE = 200;
/** Beyond this a list is read on request: it is no longer looked at row by row. */
export const AT_ONCE = 4000;

export interface Rows<T> {
  rows: ShallowRef<T[]>;
  total: Ref<number>;
  busy: Ref<boolean>;
  error: ShallowRef<unknown>;
  /** There are more than were read. */
  rest: Ref<boolean>;
  more(): Promise<void>;
}

/** A list that the run did not make is empty. */
export function readRows<T>(api: Pick<Api, "jobRows">, { job, lists }: Pick<Job, "job" | "lists">, list: string): Rows<T> {
  const rows = shallowRef<T[]>([]);
  const total = ref(0);
  const busy = ref(false);
  const rest = ref(false);
  const error = shallowRef<unknown>(null);
  let after: number | undefined;
  const more = async (): Promise<void> => {
    if (busy.value) return;
    busy.value = true;
    error.value = null;
    try {
      const until = rows.value.length + AT_ONCE;
      do {
        const asked = { job, list, limit: PAGE, ...(after !== undefined && { after }) };
        const r = await api.jobRows<T>(asked);
        rows.value = [...rows.value, ...r.rows];
        total.value = r.total ?? rows.value.length;
        after = r.next;
      } while (after !== undefined && after !== null && rows.value.length < until);
      rest.value = after !== undefined && after !== null;
    } catch (e) {
      error.value = e;
    } finally {
      busy.value = false;
    }
  };
  if (list in lists) void more();
  return { rows, total, busy, error, rest, more };
}
