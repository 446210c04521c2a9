// One short tone a level: higher and more often the graver. A browser wants a click or a tap first: the console has its
// start of the shift, the phone takes the first touch of the page.

import { ref, type Ref } from "vue";

let context: AudioContext | null = null;

const TONES: Record<number, { hz: number; times: number }> = {
  1: { hz: 1046, times: 4 },
  2: { hz: 880, times: 3 },
  3: { hz: 660, times: 2 },
  4: { hz: 523, times: 1 },
};
const APART_S = 0.28;

/** How long a level's tone lasts. */
export const toneMs = (level: number): number => (TONES[level] ?? TONES[4]!).times * APART_S * 1000;

const running = ref(false);
/** Can this page be heard, as far as it can know? */
export const canSound: Readonly<Ref<boolean>> = running;

/** Unlocks the sound; must come from a click, a tap or a key. True once it runs. */
export async function unlockSound(): Promise<boolean> {
  if (!context) {
    context = new AudioContext();
    // The system may take it away at any time: a call on a phone, a device that was unplugged.
    context.onstatechange = () => (running.value = context?.state === "running");
  }
  try {
    await context.resume();
  } catch {
    // No device: it stays silent, and canSound says so.
  }
  return (running.value = context.state === "running");
}

function beep(hz: number, afterS: number, lastS = 0.2, loud = 0.2): void {
  const c = context;
  if (!c || c.state !== "running") return;
  const at = c.currentTime + afterS;
  const o = c.createOscillator();
  const g = c.createGain();
  o.frequency.value = hz;
  g.gain.setValueAtTime(0.0001, at);
  g.gain.exponentialRampToValueAtTime(loud, at + 0.02);
  g.gain.exponentialRampToValueAtTime(0.0001, at + lastS);
  o.connect(g).connect(c.destination);
  o.start(at);
  o.stop(at + lastS + 0.02);
}

export function playTone(level: number): void {
  const { hz, times } = TONES[level] ?? TONES[4]!;
  for (let i = 0; i < times; i++) beep(hz, i * APART_S);
}

/** A telephone: two high notes, twice. Lasts two seconds. */
export function playRing(): void {
  for (const at of [0, 0.22, 0.9, 1.12]) {
    beep(880, at, 0.2, 0.4);
    beep(1109, at + 0.1, 0.2, 0.4);
  }
}

/** "Running" and yet the time of the sound stands still: the device behind it is gone. */
export function watchSound(everyMs = 4000): () => void {
  let last = -1;
  const timer = setInterval(() => {
    const c = context;
    if (!c) return;
    running.value = c.state === "running" && c.currentTime !== last;
    last = c.currentTime;
  }, everyMs);
  return () => clearInterval(timer);
}
