// One inbox for everything that is asked of this person, by when it is due. What must be answered now stands above every
// view and is not listed here a second time.

import { pressingClock } from "../shared/clock";
import type { Waiting } from "../shared/outbox";
import type { AskedOf, Incident, MyTask, TaskState } from "../shared/types";
import { effectiveState, takenBy } from "./tasks";

/** A row of `whistle.open`, as far as the phone reads it. */
export interface Called {
  id: string;
  incident: string;
  number: number;
  incident_title: string;
  category: string;
  level: number;
  state: string;
  due_at?: string;
  radius_m: number;
  reason?: string;
  place?: { lon: number; lat: number };
  units: { unit: string; name: string; state: string; came_at?: string; distance_m?: number }[];
}

export type Row =
  | { kind: "asked"; key: string; due: number; level: number; asked: AskedOf }
  | { kind: "whistle"; key: string; due: number; level: number; whistle: Called; unit: string }
  | { kind: "task"; key: string; due: number; level: number; task: MyTask; state: TaskState; taken: string };

export interface Sources {
  tasks: readonly MyTask[];
  asked: readonly AskedOf[];
  whistles: readonly Called[];
  incidents: ReadonlyMap<string, Incident>;
  waiting: readonly Waiting[];
  me: { id: string; org: string };
  nowMs: number;
}

const UNANSWERED = new Set<TaskState>(["sent", "delivered", "seen"]);
const ENDED = new Set(["closed", "withdrawn", "followed_up"]);

/** When something has to happen: until then answered, or else the incident's clock that is due first. */
function dueOf(task: MyTask, state: TaskState, i: Incident | undefined): number {
  if (UNANSWERED.has(state) && task.expires_at) return Date.parse(task.expires_at);
  const clock = pressingClock(i?.clocks);
  return clock ? Date.parse(clock.due_at) : Infinity;
}

/** The department he sits at that has been called and has not come. */
export function calledUnit(w: Called, org: string): string {
  const within = (unit: string) => {
    const stem = /^\d{12}$/.test(unit) ? unit.replace(/(000)+$/, "") : `${unit}-`;
    return org === unit || org.startsWith(stem);
  };
  return w.units.find((u) => (u.state === "waiting" || u.state === "absent") && within(u.unit))?.unit ?? "";
}

export function inboxRows(s: Sources): Row[] {
  const rows: Row[] = [];
  const busy = new Set(s.tasks.map((x) => x.incident));
  for (const task of s.tasks) {
    const state = effectiveState(task, s.waiting, s.nowMs);
    if (state === "declined" || state === "finished") continue;
    rows.push({ kind: "task", key: task.id, due: dueOf(task, state, s.incidents.get(task.incident)), level: task.level ?? 4, task, state, taken: takenBy(task, s.me.id) });
  }
  for (const asked of s.asked)
    if (!busy.has(asked.incident)) rows.push({ kind: "asked", key: asked.incident, due: Date.parse(asked.next_at), level: asked.level, asked });
  for (const whistle of s.whistles) {
    const unit = calledUnit(whistle, s.me.org);
    if (unit && !ENDED.has(whistle.state)) rows.push({ kind: "whistle", key: whistle.id, due: whistle.due_at ? Date.parse(whistle.due_at) : Infinity, level: whistle.level, whistle, unit });
  }
  return rows.sort((a, b) => (a.due === b.due ? 0 : a.due - b.due) || a.level - b.level || (a.key < b.key ? 1 : -1));
}
