// One short tone a level: higher and more often the graver. A browser wants a click or a tap first: the console has its
// sound button, the phone takes the first touch of the page.

let context: AudioContext | null = null;

const TONES: Record<number, { hz: number; times: number }> = {
  1: { hz: 1046, times: 4 },
  2: { hz: 880, times: 3 },
  3: { hz: 660, times: 2 },
  4: { hz: 523, times: 1 },
};

export function unlockSound(): void {
  context ??= new AudioContext();
  void context.resume();
}

export function playTone(level: number): void {
  const c = context;
  if (!c || c.state !== "running") return;
  const { hz, times } = TONES[level] ?? TONES[4]!;
  for (let i = 0; i < times; i++) {
    const at = c.currentTime + i * 0.28;
    const o = c.createOscillator();
    const g = c.createGain();
    o.frequency.value = hz;
    g.gain.setValueAtTime(0.0001, at);
    g.gain.exponentialRampToValueAtTime(0.2, at + 0.02);
    g.gain.exponentialRampToValueAtTime(0.0001, at + 0.2);
    o.connect(g).connect(c.destination);
    o.start(at);
    o.stop(at + 0.22);
  }
}
