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

export function effectiveState(task: MyTask, waiting: readonly Waiting[]): TaskState {
  let state = task.state;
  for (const w of waiting) if (w.lane === task.id) state = EFFECT[w.method] ?? state;
  return state;
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
