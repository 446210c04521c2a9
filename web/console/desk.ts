// What the parts of the desk share: the session, the methods this person may call, one way to run a
// command and to show why it failed.

import { inject, type InjectionKey, type Ref, ref, shallowRef, type ShallowRef } from "vue";
import type { Session } from "../shared/session";
import { stepsOf, type Rules, type StatesAnswer } from "./verbs";

export interface Unit {
  id: string;
  name: string;
  kind: string;
  parent?: string;
}

/** How an order names it: a team's phones ring, a unit's desk is asked. */
export function toUnit(u: Unit): { team: string } | { unit: string } {
  return u.kind === "team" ? { team: u.id } : { unit: u.id };
}

export interface Desk {
  session: Session;
  /** What this person may call, and which verb each state allows. */
  rules: ShallowRef<Rules>;
  /** The last command that failed, until dismissed. */
  failure: Ref<unknown>;
  /** Commands under way, by subject. */
  busy: Ref<number>;
  /** Runs a command and refreshes its incident; throws what the server said. */
  attempt(method: string, params: Record<string, unknown>): Promise<void>;
  /** The same, with the failure shown in the banner. */
  run(method: string, params: Record<string, unknown>): Promise<void>;
  /** Units one works with: the county's departments and townships, and one's own units. */
  partners(): Promise<Unit[]>;
}

export const DESK: InjectionKey<Desk> = Symbol("desk");

export function createDesk(session: Session): Desk {
  const rules = shallowRef<Rules>({ allowed: null, steps: new Map(), taskSteps: new Map() });
  const failure = shallowRef<unknown>(null);
  const busy = ref(0);

  const discover = async () => {
    try {
      const [methods, states] = await Promise.all([
        session.link.query<{ methods: { name: string }[] }>("rpc.discover"),
        session.link.query<StatesAnswer>("dispatch.states"),
      ]);
      rules.value = {
        allowed: new Set(methods.methods.map((m) => m.name)),
        steps: stepsOf(states.verbs),
        taskSteps: stepsOf(states.task_verbs ?? []),
      };
    } catch {
      // The link is down: what was known stays, and the next snapshot asks again.
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
      for (const id of [params["id"], params["incident"]]) if (typeof id === "string" && /^i\d+$/.test(id)) session.store.refresh(id);
    }
  };
  const run = async (method: string, params: Record<string, unknown>) => {
    try {
      await attempt(method, params);
    } catch (e) {
      failure.value = e;
    }
  };

  const partners = async () => {
    const tree = async (root: string | undefined, depth: number) => (await session.link.query<{ units: Unit[] }>("org.tree", { ...(root ? { root } : {}), depth })).units;
    const own = await tree(undefined, 1);
    let top = own[0];
    for (let up = 0; top?.parent && up < 16; up++) top = (await tree(top.parent, 0))[0];
    const all = new Map([...(await tree(top?.id, 1)), ...own].map((u) => [u.id, u]));
    const order = ["department", "township", "team", "village"];
    return [...all.values()].filter((u) => order.includes(u.kind)).sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || a.id.localeCompare(b.id));
  };

  return { session, rules, failure, busy, attempt, run, partners };
}

export function useDesk(): Desk {
  const desk = inject(DESK);
  if (!desk) throw new Error("no desk");
  return desk;
}
