// What the parts of the desk share: the session, the methods this person may call, one way to run a
// command and to show why it failed.

import { inject, type InjectionKey, type Ref, ref, shallowRef } from "vue";
import type { Session } from "../shared/session";

export interface Desk {
  session: Session;
  /** Methods of rpc.discover; null while unknown. */
  allowed: Ref<ReadonlySet<string> | null>;
  /** The last command that failed, until dismissed. */
  failure: Ref<unknown>;
  /** Commands under way, by subject. */
  busy: Ref<number>;
  /** Runs a command and refreshes its incident; throws what the server said. */
  attempt(method: string, params: Record<string, unknown>): Promise<void>;
  /** The same, with the failure shown in the banner. */
  run(method: string, params: Record<string, unknown>): Promise<void>;
}

export const DESK: InjectionKey<Desk> = Symbol("desk");

export function createDesk(session: Session): Desk {
  const allowed = shallowRef<ReadonlySet<string> | null>(null);
  const failure = shallowRef<unknown>(null);
  const busy = ref(0);

  const discover = async () => {
    try {
      const r = await session.link.query<{ methods?: { name: string }[] }>("rpc.discover");
      if (r.methods) allowed.value = new Set(r.methods.map((m) => m.name));
    } catch {
      allowed.value = null; // show every verb; the server still decides
    }
  };
  session.link.watchSnapshots(() => void discover());

  const attempt = async (method: string, params: Record<string, unknown>) => {
    busy.value++;
    try {
      await session.link.command(method, params);
      failure.value = null;
    } finally {
      busy.value--;
      if (typeof params["id"] === "string") session.store.refresh(params["id"]);
    }
  };
  const run = async (method: string, params: Record<string, unknown>) => {
    try {
      await attempt(method, params);
    } catch (e) {
      failure.value = e;
    }
  };

  return { session, allowed, failure, busy, attempt, run };
}

export function useDesk(): Desk {
  const desk = inject(DESK);
  if (!desk) throw new Error("no desk");
  return desk;
}
