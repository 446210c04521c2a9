// The act a board is asking about, and what came of the last one.

import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from "vue";
import { useDesk, type Desk } from "../desk";
import { may } from "../verbs";
import type { Act } from "./acts";

export interface Acting {
  desk: Desk;
  act: ShallowRef<Act | null>;
  ask(a: Act): void;
  close(): void;
  /** This person may call it. */
  can(method: string): boolean;
  /** Nothing can be sent now. */
  off: ComputedRef<boolean>;
  /** Said aloud once it is done. */
  said: Ref<string>;
}

export function useActing(): Acting {
  const desk = useDesk();
  const act = shallowRef<Act | null>(null);
  return {
    desk,
    act,
    ask: (a) => (act.value = a),
    close: () => (act.value = null),
    can: (method) => may(desk.rules.value, method),
    off: computed(() => desk.session.linkState.value !== "up"),
    said: ref(""),
  };
}
