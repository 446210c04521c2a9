// A list that the server keeps, page by page: asked again when an entry says that it may have changed, as far as it had
// been read. What is shown stays while it is asked; what a failed question leaves behind is said.

import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { RpcError } from "../../shared/link";
import type { Entry } from "../../shared/types";
import type { Desk } from "../desk";

export interface Paged<T> {
  rows: ShallowRef<T[]>;
  /** False until the first answer: an empty list means nothing before that. */
  loaded: Ref<boolean>;
  busy: Ref<boolean>;
  more: Ref<boolean>;
  error: ShallowRef<unknown>;
  /** What came with the first page besides its rows. */
  head: ShallowRef<Record<string, unknown>>;
  /** Asks for all that was read, anew. */
  ask(): void;
  /** Asks for one page more. */
  next(): Promise<void>;
}

interface Answer<T> {
  rows: T[];
  next?: unknown;
}

const PAGE = 50;
const MOST_PAGE = 200;
/** A page may come back short, even empty, and have a next one all the same. */
const MOST_EMPTY = 20;
/** Several entries of one burst: one question. */
const MERGE_MS = 300;
const RETRY_MS = 3000;

export interface PagedOptions {
  method: string;
  /** Changes when a filter does: the list begins anew. */
  params(): Record<string, unknown> | null;
  hears?(e: Entry): boolean;
  page?: number;
}

export function usePaged<T>(desk: Pick<Desk, "session">, o: PagedOptions): Paged<T> {
  const { link, store } = desk.session;
  const rows = shallowRef<T[]>([]);
  const loaded = ref(false);
  const busy = ref(false);
  const more = ref(false);
  const error = shallowRef<unknown>(null);
  const head = shallowRef<Record<string, unknown>>({});
  const size = o.page ?? PAGE;
  let cursor: unknown = null;
  let asked = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;

  /** At least `want` rows, beginning at `after`. */
  const read = async (want: number, after: unknown, ask: number): Promise<{ rows: T[]; next: unknown; first: Record<string, unknown> } | null> => {
    const got: T[] = [];
    let next = after;
    let first: Record<string, unknown> | null = null;
    for (let empty = 0; empty < MOST_EMPTY; ) {
      const params = o.params();
      if (!params) return null;
      const limit = Math.min(MOST_PAGE, want - got.length);
      const r = await link.query<Answer<T>>(o.method, { ...params, limit, ...(next ? { after: next } : {}) });
      if (ask !== asked) return null;
      first ??= { ...r };
      got.push(...r.rows);
      next = r.next ?? null;
      if (r.rows.length === 0) empty++;
      if (!next || got.length >= want) break;
    }
    return { rows: got, next, first: first ?? {} };
  };
  const run = async (act: (ask: number) => Promise<void>) => {
    const ask = ++asked;
    busy.value = true;
    try {
      await act(ask);
      if (ask === asked) error.value = null;
    } catch (e) {
      if (ask !== asked) return;
      error.value = e;
      if (e instanceof RpcError && e.retryAfterMs) arm(e.retryAfterMs);
    } finally {
      if (ask === asked) busy.value = false;
    }
  };
  const again = () =>
    run(async (ask) => {
      const r = await read(Math.max(size, rows.value.length), null, ask);
      if (!r) return;
      rows.value = r.rows;
      head.value = r.first;
      cursor = r.next;
      more.value = Boolean(r.next);
      loaded.value = true;
    });
  const arm = (ms: number) => {
    timer ??= setTimeout(() => {
      timer = null;
      if (link.state === "up") void again();
      else arm(RETRY_MS);
    }, ms);
  };

  watch(
    () => JSON.stringify(o.params()),
    (now) => {
      asked++;
      rows.value = [];
      loaded.value = false;
      more.value = false;
      error.value = null;
      if (now !== "null") void again();
    },
    { immediate: true },
  );
  const stops = [
    link.watchSnapshots(() => arm(0)),
    store.watchEntries((e) => {
      if (o.hears?.(e)) arm(MERGE_MS);
    }),
  ];
  onScopeDispose(() => {
    asked++;
    stops.forEach((stop) => stop());
    if (timer) clearTimeout(timer);
  });
  return {
    rows,
    loaded,
    busy,
    more,
    error,
    head,
    ask: () => void again(),
    next: () =>
      run(async (ask) => {
        const r = await read(size, cursor, ask);
        if (!r) return;
        rows.value = [...rows.value, ...r.rows];
        cursor = r.next;
        more.value = Boolean(r.next);
      }),
  };
}
