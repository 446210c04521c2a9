// A short list that the server keeps: alarms, call-outs, what is asked of me. Taken from the snapshot where it stands
// there, asked for again whenever an entry says that it may have changed. Never remembered across sessions.

import { shallowRef, type ShallowRef } from "vue";
import type { Session } from "./session";
import type { Entry } from "./types";

/** Several entries come in one burst: one question. */
const MERGE_MS = 100;
const RETRY_MS = 2000;

export interface Following<T> {
  rows: ShallowRef<T[]>;
  ask(): void;
  stop(): void;
}

export function followRows<T>(
  { link }: Pick<Session, "link">,
  method: string,
  hears: (e: Entry) => boolean,
  may: () => boolean = () => true,
): Following<T> {
  const rows = shallowRef<T[]>([]);
  let timer: ReturnType<typeof setTimeout> | null = null;
  let asked = 0;

  const fetch = async () => {
    timer = null;
    if (link.state !== "up" || !may()) return; // a snapshot follows
    const ask = ++asked;
    try {
      const r = await link.query<{ rows: T[] }>(method);
      if (ask === asked) rows.value = r.rows;
    } catch {
      if (ask === asked && link.state === "up") arm(RETRY_MS);
    }
  };
  const arm = (ms: number) => {
    timer ??= setTimeout(() => void fetch(), ms);
  };
  const stopSnapshots = link.watchSnapshots((s) => {
    const kept = (s[method] as { rows?: T[] } | undefined)?.rows;
    asked++;
    if (kept) rows.value = kept;
    else arm(0);
  });
  const stopEntries = link.watchEntries((e) => {
    if (hears(e)) arm(MERGE_MS);
  });
  if (link.state === "up") arm(0);

  return {
    rows,
    ask: () => arm(0),
    stop() {
      stopSnapshots();
      stopEntries();
      asked++;
      if (timer) clearTimeout(timer);
    },
  };
}
