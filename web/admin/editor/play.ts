// Plays scenarios on the server: a job of the run "test", followed to its end, its rows by file.

import { ref, shallowReactive, shallowRef, watch } from "vue";
import { RpcError } from "../../shared/link";
import type { Admin } from "../admin";
import type { Files, Json, ScenarioRow } from "../api";
import type { Played } from "./ScenarioPane.vue";
import { baseName } from "./tree";

export interface Verdict {
  played: number;
  failed: ScenarioRow[];
}

export function createPlayer(admin: Pick<Admin, "api" | "jobs">, pack: string) {
  const played = shallowReactive(new Map<string, Played>());
  /** The path that is being played, "" for all, null for none. */
  const running = ref<string | null>(null);
  const share = ref(0);
  const error = shallowRef<unknown>(null);

  async function play(files: Files, only = ""): Promise<Verdict | null> {
    if (running.value !== null) return null;
    running.value = only;
    share.value = 0;
    error.value = null;
    let stop = () => {};
    try {
      const options: Record<string, Json> = only ? { only: baseName(only) } : {};
      const { job } = await admin.api.startJob({ what: "test", pack, files, options });
      stop = watch(
        () => admin.jobs.rows.get(job)?.share,
        (s) => (share.value = s ?? 0),
      );
      await admin.jobs.ended(job);
      const end = await admin.api.job(job);
      if (end.error) throw new RpcError({ code: 0, data: { code: end.error.code, message_zh: end.error.zh, message_en: end.error.en } });
      const { rows } = await admin.api.jobRows<ScenarioRow>({ job, list: "scenarios", limit: 200 });
      if (!only) played.clear();
      for (const r of rows) played.set(r.file, { ...r, old: false });
      return { played: rows.length, failed: rows.filter((r) => !r.ok) };
    } catch (e) {
      error.value = e;
      return null;
    } finally {
      stop();
      running.value = null;
    }
  }

  return {
    played,
    running,
    share,
    error,
    play,
    /** The texts have changed: what was played stands, but faded. */
    outdate(): void {
      for (const [p, row] of played) if (!row.old) played.set(p, { ...row, old: true });
    },
  };
}
