// One question of a view: its answer, or why there is none; the latest question wins. Asked again when the link
// comes back, because what happened meanwhile is not known.

import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { useAdmin } from "./admin";

const MERGE_MS = 150;

export interface Asking<T> {
  data: ShallowRef<T | null>;
  error: ShallowRef<unknown>;
  busy: Ref<boolean>;
  /** When the answer was had, as the browser counts. */
  at: Ref<number>;
  again(): void;
}

/** Asks at once, and again after entries whose kind begins with one of `prefixes`. */
export function useAsking<T>(fn: () => Promise<T>, prefixes: string[] = []): Asking<T> {
  const admin = useAdmin();
  const data = shallowRef<T | null>(null);
  const error = shallowRef<unknown>(null);
  const busy = ref(false);
  const at = ref(0);
  let asked = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;

  async function again(): Promise<void> {
    const mine = ++asked;
    busy.value = true;
    try {
      const answer = await fn();
      if (mine !== asked) return;
      data.value = answer;
      at.value = Date.now();
      error.value = null;
    } catch (e) {
      if (mine === asked) error.value = e;
    } finally {
      if (mine === asked) busy.value = false;
    }
  }
  const stop = admin.onEntries(prefixes, () => {
    timer ??= setTimeout(() => {
      timer = null;
      void again();
    }, MERGE_MS);
  });
  watch(admin.live, (up) => {
    if (up) void again();
  });
  onScopeDispose(() => {
    asked++;
    stop();
    if (timer) clearTimeout(timer);
  });
  void again();
  return { data, error, busy, at, again: () => void again() };
}
