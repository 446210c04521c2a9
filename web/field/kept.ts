// What a person types, kept in the phone with every change: a form that comes back after a reload as it was left.

import { reactive, watch } from "vue";

export interface Kept<T extends object> {
  value: T;
  /** Begins anew, and forgets. */
  clear(): void;
}

/** Members that were added since it was kept come from `fresh`. */
export function readKept<T extends object>(storage: Pick<Storage, "getItem">, key: string, fresh: T): T {
  try {
    const kept: unknown = JSON.parse(storage.getItem(key) ?? "null");
    return kept && typeof kept === "object" ? { ...fresh, ...(kept as Partial<T>) } : fresh;
  } catch {
    return fresh;
  }
}

export function useKept<T extends object>(key: string, fresh: () => T): Kept<T> {
  const value = reactive(readKept(localStorage, key, fresh())) as T;
  watch(value, () => {
    try {
      const text = JSON.stringify(value);
      if (text === JSON.stringify(fresh())) localStorage.removeItem(key);
      else localStorage.setItem(key, text);
    } catch {
      /* full: it stays on the page, and the shelf says that the phone is full */
    }
  });
  return { value, clear: () => void Object.assign(value, fresh()) };
}
