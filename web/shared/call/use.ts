// A call as Vue sees it: the same object, said to have changed whenever it has.

import { onScopeDispose, shallowRef, triggerRef, type ShallowRef } from "vue";
import type { Call } from "./call";

export function useCall(call: Call): ShallowRef<Call> {
  const seen = shallowRef(call);
  onScopeDispose(call.watch(() => triggerRef(seen)));
  return seen;
}
