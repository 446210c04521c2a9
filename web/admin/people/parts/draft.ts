// What is being typed survives a reload: kept with the tab under a key, and thrown away when it has been sent or given up.

import { onScopeDispose, watch, type Ref } from "vue";

export interface Draft {
  /** Was something there from before? */
  restored: boolean;
  drop(): void;
}

/** Never a password: what `of` leaves out is not kept. */
export function keepDraft<T extends object>(key: string, form: Ref<T>, of: (form: T) => Partial<T> = (f) => f): Draft {
  const name = `fq.admin.draft.${key}`;
  let restored = false;
  let dropped = false;
  try {
    const kept = sessionStorage.getItem(name);
    if (kept) {
      form.value = { ...form.value, ...(JSON.parse(kept) as Partial<T>) };
      restored = true;
    }
  } catch {
    sessionStorage.removeItem(name);
  }
  const before = JSON.stringify(of(form.value));
  const stop = watch(
    form,
    (f) => {
      if (dropped) return;
      const text = JSON.stringify(of(f));
      try {
        if (text !== before || restored) sessionStorage.setItem(name, text);
      } catch {
        // The tab's storage is full: the form itself still holds what was typed.
      }
    },
    { deep: true },
  );
  onScopeDispose(stop);
  return {
    restored,
    drop() {
      dropped = true;
      sessionStorage.removeItem(name);
    },
  };
}
