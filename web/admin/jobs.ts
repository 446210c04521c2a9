// The runs that are under way, for every view: the list once, then what the server says of each as it goes.

import { computed, shallowReactive, watch } from "vue";
import type { Session } from "../shared/session";
import type { Api, JobRow } from "./api";
import { isMissing } from "./i18n";

const MERGE_MS = 100;
const RETRY_MS = 2000;

export const isOver = (j: Pick<JobRow, "state">): boolean => j.state !== "waiting" && j.state !== "running";

export function followJobs(session: Pick<Session, "link" | "store">, api: Api, mayRead: { readonly value: boolean }) {
  const { link, store } = session;
  const rows = shallowReactive(new Map<string, JobRow>());
  let timer: ReturnType<typeof setTimeout> | null = null;

  const arm = (ms: number) => {
    timer ??= setTimeout(() => void list(), ms);
  };
  async function list(): Promise<void> {
    timer = null;
    if (link.state !== "up" || !mayRead.value) return;
    try {
      const r = await api.jobs();
      for (const j of r.rows) {
        const known = rows.get(j.job);
        // What is heard meanwhile is newer than a list, except of the end: only the list says how it ended.
        if (!known || !isOver(known) || isOver(j)) rows.set(j.job, j);
      }
    } catch (e) {
      if (link.state === "up" && !isMissing(e)) arm(RETRY_MS);
    }
  }
  const stops = [
    link.watchVolatile(({ topic, params }) => {
      if (topic !== "jobs") return;
      const row = (params as { data?: JobRow }).data;
      const known = row && rows.get(row.job);
      if (row && !(known && isOver(known))) rows.set(row.job, { ...known, ...row });
    }),
    link.watchSnapshots(() => arm(0)),
    store.watchEntries((e) => {
      if (e.kind.startsWith("job.")) arm(MERGE_MS);
    }),
  ];
  arm(0);

  return {
    rows,
    running: computed(() => [...rows.values()].filter((j) => !isOver(j))),
    refresh: () => arm(0),
    /** The job when it has ended. */
    ended: (job: string): Promise<JobRow> =>
      new Promise((resolve) => {
        const stop = watch(
          () => rows.get(job),
          (row) => {
            if (!row || !isOver(row)) return;
            queueMicrotask(() => stop());
            resolve(row);
          },
          { immediate: true },
        );
        arm(0);
      }),
    stop() {
      for (const s of stops) s();
      if (timer) clearTimeout(timer);
    },
  };
}
export type Jobs = ReturnType<typeof followJobs>;
