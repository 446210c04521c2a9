// The numbers on the tabs. Several entries of one burst make one question; while the link is down the last number stays.

import { onBeforeUnmount, shallowReactive, watch } from "vue";
import type { Desk } from "../desk";
import { BOARDS, type Board, type BoardCount } from "./boards";

export interface Counted {
  n: number;
  loud: boolean;
}

/** A county with a busy night tells a tab every few seconds, not at each entry. */
const MERGE_MS = 1500;

export function useCounts(desk: Desk): ReadonlyMap<string, Counted> {
  const { link, store } = desk.session;
  const counts = shallowReactive(new Map<string, Counted>());
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  /** Boards that the same question answers are asked once. */
  const key = (c: BoardCount) => `${c.method} ${JSON.stringify(c.params ?? {})}`;

  const ask = async (c: BoardCount) => {
    timers.delete(key(c));
    if (link.state !== "up") return;
    try {
      const answer = (await link.query(c.method, c.params ?? {})) as never;
      for (const b of BOARDS) if (b.count && key(b.count) === key(c)) counts.set(b.id, { n: b.count.of(answer), loud: b.count.loud?.(answer) ?? false });
    } catch {
      // A tab without a number is no reason to disturb anybody; the board itself says what is wrong.
    }
  };
  const arm = (b: Board, ms: number) => {
    const c = b.count;
    if (c && desk.rules.value.allowed?.has(c.method) && b.may(desk.rules.value) && !timers.has(key(c))) timers.set(key(c), setTimeout(() => void ask(c), ms));
  };
  // The rules are asked again with each snapshot, so this also brings the numbers back after a lost link.
  watch(desk.rules, () => BOARDS.forEach((b) => arm(b, 0)), { immediate: true });
  const stop = store.watchEntries((e) => {
    for (const b of BOARDS) if (b.count?.hears(e)) arm(b, MERGE_MS);
  });
  onBeforeUnmount(() => {
    stop();
    for (const timer of timers.values()) clearTimeout(timer);
  });
  return counts;
}
