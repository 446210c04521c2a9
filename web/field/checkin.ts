// Safety check-ins as the officer sees them: when the next one is due, and whether it is time to shout.

import type { Waiting } from "../shared/outbox";
import type { MyTask } from "../shared/types";

export interface Watch {
  task: MyTask;
  dueMs: number;
  /** It is due, or was missed: say so until he has answered. */
  loud: boolean;
  missed: boolean;
  /** He has answered and the phone has not been able to send it. */
  waiting: boolean;
}

/** `offsetMs`: server clock minus this phone's. */
export function watchOf(task: MyTask, waiting: readonly Waiting[], nowMs: number, offsetMs: number): Watch | null {
  const k = task.checkin;
  if (!k?.every_ms || !k.due_at) return null;
  const mine = waiting.filter((w) => w.lane === task.id && w.method === "task.check_in").at(-1);
  // What he pressed counts from when he pressed it, also while it has not left the phone.
  const pressedMs = mine ? mine.queuedAt + offsetMs : 0;
  const dueMs = mine ? Math.max(Date.parse(k.due_at), pressedMs + k.every_ms) : Date.parse(k.due_at);
  const missed = !mine && (k.missed ?? 0) > 0;
  return { task, dueMs, missed, waiting: mine !== undefined, loud: missed || nowMs >= dueMs };
}

export function watches(tasks: readonly MyTask[], waiting: readonly Waiting[], nowMs: number, offsetMs: number): Watch[] {
  return tasks
    .map((x) => watchOf(x, waiting, nowMs, offsetMs))
    .filter((w): w is Watch => w !== null)
    .sort((a, b) => Number(b.loud) - Number(a.loud) || a.dueMs - b.dueMs);
}
