// Checks the whole pack as it is typed: after a pause, the latest question wins, and an answer about texts that have
// changed meanwhile is dropped.

import { ref, shallowRef } from "vue";
import type { Api, Files } from "../api";
import { isMissing } from "../i18n";
import { byPlace, placed, type Placed } from "./findings";

const PAUSE_MS = 350;
const RETRY_MS = 3000;

export type CheckState = "idle" | "checking" | "ok" | "wrong" | "unknown";

export function createChecker(o: { pack: string; api: Pick<Api, "check">; live: () => boolean; pauseMs?: number }) {
  const state = ref<CheckState>("idle");
  const findings = shallowRef<Placed[]>([]);
  const error = shallowRef<unknown>(null);
  let timer: ReturnType<typeof setTimeout> | null = null;
  let asked = 0;
  let latest: Files = {};

  async function run(): Promise<void> {
    timer = null;
    const mine = ++asked;
    const files = latest;
    if (!o.live()) {
      state.value = "unknown";
      return;
    }
    state.value = "checking";
    try {
      const r = await o.api.check(o.pack, files);
      if (mine !== asked || files !== latest) return;
      findings.value = placed(r.findings, files).sort(byPlace);
      error.value = null;
      state.value = r.ok ? "ok" : "wrong";
    } catch (e) {
      if (mine !== asked) return;
      error.value = e;
      state.value = "unknown";
      if (!isMissing(e) && o.live()) timer ??= setTimeout(() => void run(), RETRY_MS);
    }
  }

  return {
    state,
    findings,
    error,
    /** The texts are these now. */
    look(files: Files, pauseMs = o.pauseMs ?? PAUSE_MS): void {
      if (files === latest && state.value !== "unknown") return;
      latest = files;
      asked++; // an answer under way is about other texts
      if (timer) clearTimeout(timer);
      timer = setTimeout(() => void run(), pauseMs);
    },
    stop(): void {
      asked++;
      if (timer) clearTimeout(timer);
    },
  };
}
export type Checker = ReturnType<typeof createChecker>;
