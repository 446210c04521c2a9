// What the parts of the desk share: the session, the methods this person may call, one way to run a
// command and to show why it failed.

import { inject, type InjectionKey, type Ref, ref, shallowRef, type ShallowRef } from "vue";
import { t, tData } from "../shared/i18n";
import type { Session } from "../shared/session";
import type { Incident, Task } from "../shared/types";
import { createCalls, type Calls } from "./call/calls";
import { createRinging, type Ringing } from "./ringing";
import { createUndo, opposite, type Undo } from "./undo";
import { may, stepsOf, type Rules, type StatesAnswer } from "./verbs";
import { createWindows, type Windows } from "./windows";

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
  /** Runs a command, offers to take it back and refreshes its incident; throws what the server said. */
  attempt(method: string, params: Record<string, unknown>): Promise<unknown>;
  /** The same, with the failure shown in the banner. */
  run(method: string, params: Record<string, unknown>): Promise<void>;
  /** Opens the dispatch dialog for that incident with these people ticked: what dragging and dropping does. */
  order: ShallowRef<Order | null>;
  /** A place to be shown by a map that is open, here or in another window; it takes it out again. */
  place: ShallowRef<Pick<Unit, "id" | "name"> | null>;
  undo: Undo;
  windows: Windows;
  ringing: Ringing;
  calls: Calls;
  /** Units one works with: the county's departments and townships, and one's own units. */
  partners(): Promise<Unit[]>;
}

export interface Order {
  incident: string;
  people: readonly string[];
}

export const DESK: InjectionKey<Desk> = Symbol("desk");

/** `call`: this window was opened for that call alone. */
export function createDesk(session: Session, call = ""): Desk {
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

  const windows = createWindows(() => session.user.value?.id ?? "");
  const ringing = createRinging(session, windows);
  const calls = createCalls({ session, windows, rules, ring: () => ringing.urge(), alone: call });
  const order = shallowRef<Order | null>(null);
  const place = shallowRef<Pick<Unit, "id" | "name"> | null>(null);

  const refresh = (params: Record<string, unknown>) => {
    for (const id of [params["id"], params["incident"]]) if (typeof id === "string" && /^i\d+$/.test(id)) session.store.refresh(id);
  };
  const undo = createUndo(async ({ method, params }) => {
    try {
      return await session.link.command(method, params);
    } finally {
      refresh(params);
    }
  });

  /** What it is about, as it stands before the act. */
  const subject = (params: Record<string, unknown>): { incident: Incident | null; task: Task | null } => {
    const id = String(params["incident"] ?? params["id"] ?? "");
    const { incidents } = session.store;
    if (!id.startsWith("t")) return { incident: incidents.get(id) ?? null, task: null };
    for (const i of incidents.values()) {
      const task = i.tasks?.find((x) => x.id === id);
      if (task) return { incident: i, task };
    }
    return { incident: null, task: null };
  };

  const attempt = async (method: string, params: Record<string, unknown>) => {
    const before = subject(params);
    busy.value++;
    try {
      const answer = await session.link.command(method, params);
      failure.value = null;
      const back = opposite(method, params, answer, before, t("undo.reason"));
      if (back?.every((c) => may(rules.value, c.method))) undo.offer(actText(method, before.incident), back);
      return answer;
    } finally {
      busy.value--;
      refresh(params);
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

  return { session, rules, failure, busy, attempt, run, order, place, undo, windows, ringing, calls, partners };
}

/** "派遣 #1024 后山冒烟" */
export function actText(method: string, i: Incident | null): string {
  const name = method.replace(/^\w+\./, "");
  const act = method === "whistle.blow" ? t("verb.whistle") : tData(method.startsWith("task.") ? "taskVerb" : "verb", name);
  return i ? `${act} #${i.number} ${i.title}` : act;
}

export function useDesk(): Desk {
  const desk = inject(DESK);
  if (!desk) throw new Error("no desk");
  return desk;
}
