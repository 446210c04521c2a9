// What this person has answered to an emergency's call: the server's word, or what waits to be sent.

import type { Waiting } from "../shared/outbox";
import type { Emergency } from "../shared/types";

export interface Answer {
  coming: boolean;
  waiting: boolean;
}

export function answerOf(e: Emergency, waiting: readonly Waiting[]): Answer | null {
  const mine = waiting.filter((w) => w.method === "emergency.answer" && w.lane === e.id).at(-1);
  if (mine) return { coming: mine.params["coming"] === true, waiting: true };
  return e.mine?.coming === undefined ? null : { coming: e.mine.coming, waiting: false };
}

/** Called, and not answered yet. */
export function unanswered(rows: readonly Emergency[], waiting: readonly Waiting[]): Emergency[] {
  return rows.filter((e) => e.mine && answerOf(e, waiting) === null);
}
