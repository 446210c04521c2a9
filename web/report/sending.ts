// One report on its way: the same key until the server has answered, through a bad network, a reload, a phone that was
// put away. It lies in the phone from the moment the button is pressed.

import { ref, shallowRef } from "vue";
import { newIdem } from "../shared/ids";
import { RpcError } from "../shared/link";
import { keep, keptJson } from "./keep";
import { isOffline, rpc } from "./rpc";
import { remember, type Sent } from "./sent";

interface Pending {
  idem: string;
  params: Record<string, unknown>;
}

const KEY = "fq.report.pending";
const PAUSE_MS = [2000, 4000, 8000, 15_000, 30_000];

export const sending = ref(false);
export const tries = ref(0);
/** The same words sent again keep their key: the first may have arrived. */
const last = shallowRef<Pending | null>(keptJson<Pending>(KEY));
let wake: (() => void) | null = null;
let stopped = false;

addEventListener("online", () => wake?.());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") wake?.();
});

const pause = (ms: number): Promise<void> =>
  new Promise((done) => {
    const timer = setTimeout(done, ms);
    wake = () => {
      clearTimeout(timer);
      done();
    };
  });

/** Answered when the server has answered; null when it was called off. What the server refuses is thrown. */
async function go(p: Pending): Promise<Sent | null> {
  sending.value = true;
  stopped = false;
  tries.value = 0;
  try {
    for (;;) {
      try {
        const r = await rpc<{ number: number; code: string }>("public.report", { ...p.params, idem: p.idem });
        const s: Sent = { number: r.number, code: r.code, category: String(p.params["category"]), at: new Date().toISOString() };
        remember(s);
        keep(KEY, null);
        last.value = null;
        return s;
      } catch (e) {
        // Refused: nothing was done, and the same words would be refused again. Too busy for a moment is no refusal.
        const busy = e instanceof RpcError && e.key === "overloaded";
        if (!isOffline(e) && !busy) {
          keep(KEY, null);
          throw e;
        }
      }
      if (stopped) return null;
      tries.value++;
      await pause(PAUSE_MS[Math.min(tries.value, PAUSE_MS.length) - 1]!);
      if (stopped) return null;
    }
  } finally {
    sending.value = false;
  }
}

export function submit(params: Record<string, unknown>): Promise<Sent | null> {
  const same = last.value && JSON.stringify(last.value.params) === JSON.stringify(params);
  const p = same ? last.value! : { idem: newIdem(), params };
  last.value = p;
  keep(KEY, p);
  return go(p);
}

/** What a reload interrupted goes on by itself. */
export function resume(): Promise<Sent | null> | null {
  const p = keptJson<Pending>(KEY);
  return p && !sending.value ? go(p) : null;
}

export function callOff(): void {
  stopped = true;
  keep(KEY, null);
  wake?.();
}

export function retryNow(): void {
  wake?.();
}
