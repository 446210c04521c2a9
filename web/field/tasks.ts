// How far a task is as its officer sees it: the server's word, moved on by what waits in the outbox, so
// that work goes on without a network.

import type { Waiting } from "../shared/outbox";
import type { MyTask, TaskState } from "../shared/types";

const EFFECT: Record<string, TaskState> = {
  "task.accept": "accepted",
  "task.decline": "declined",
  "task.arrive": "arrived",
  "task.feedback": "fed_back",
  "task.finish": "finished",
};
const UNANSWERED = new Set<TaskState>(["sent", "delivered", "seen"]);

/** With the time given, an order that nobody has accepted has lapsed at its end, heard of or not. */
export function effectiveState(task: MyTask, waiting: readonly Waiting[], nowMs = 0): TaskState {
  let state = task.state;
  for (const w of waiting) if (w.lane === task.id) state = EFFECT[w.method] ?? state;
  if (nowMs && task.expires_at && UNANSWERED.has(state) && nowMs >= Date.parse(task.expires_at)) return "expired";
  return state;
}

/** A team's or a unit's order that somebody else has taken: who. */
export function takenBy(task: MyTask, me: string): string {
  return !task.to.user && task.accepted_by && task.accepted_by !== me ? task.accepted_by : "";
}

export type Deed = "accept" | "decline" | "arrive" | "feedback" | "finish";

export function deedsOf(state: TaskState): Deed[] {
  switch (state) {
    case "sent":
    case "delivered":
    case "seen":
      return ["accept", "decline"];
    case "accepted":
      return ["arrive"];
    case "arrived":
      return ["feedback"];
    case "fed_back":
      return ["finish", "feedback"];
    default:
      return [];
  }
}
