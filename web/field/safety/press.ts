// When is the panic button meant? Held for two seconds, or tapped three times: once in a pocket is neither. Pure, so that
// it can be tested without a finger.

export const HOLD_MS = 2000;
const TAPS = 3;
/** Between two taps. */
const TAP_MS = 1200;

export interface Press {
  down(nowMs: number): void;
  /** True when the third tap has come. */
  up(nowMs: number): boolean;
  /** A finger that slid away is no tap. */
  cancel(): void;
}

export function createPress(): Press {
  let downAt = 0;
  let taps = 0;
  let last = 0;
  return {
    down(nowMs) {
      if (nowMs - last > TAP_MS) taps = 0;
      downAt = nowMs;
    },
    up(nowMs) {
      const held = nowMs - downAt;
      if (!downAt || held >= TAP_MS) taps = 0;
      else taps++;
      downAt = 0;
      last = nowMs;
      if (taps < TAPS) return false;
      taps = 0;
      return true;
    },
    cancel() {
      downAt = taps = 0;
    },
  };
}
