// A form on its way to the server: busy until the answer, sent once however often it is asked, and when the server
// refuses, the refusal is kept and the form stays, so that nothing typed is lost.

import { ref, shallowRef, type Ref, type ShallowRef } from "vue";

export interface Sending {
  busy: Ref<boolean>;
  error: ShallowRef<unknown>;
  send(act: () => Promise<void>): Promise<void>;
}

export function useSending(): Sending {
  const busy = ref(false);
  const error = shallowRef<unknown>(null);
  return {
    busy,
    error,
    async send(act) {
      if (busy.value) return;
      busy.value = true;
      error.value = null;
      try {
        await act();
      } catch (e) {
        error.value = e;
      } finally {
        busy.value = false;
      }
    },
  };
}
