// What rings, how, and until when. Each level rings until somebody takes note of it, once, or not at all, as the person
// at the desk has set it; the setting belongs to the account on this machine. One window sounds for all.

import { computed, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from "vue";
import { isEnded } from "../shared/store";
import type { Session } from "../shared/session";
import { canSound, playTone, toneMs, unlockSound, watchSound } from "../shared/tone";
import type { Incident } from "../shared/types";
import { createLeadership, type Windows } from "./windows";

export const MODES = ["repeat", "once", "off"] as const;
export type Mode = (typeof MODES)[number];
export type Modes = Record<1 | 2 | 3 | 4, Mode>;
export const LEVELS = [1, 2, 3, 4] as const;
/** Grave ones until they are seen; the others once. */
export const USUAL: Modes = { 1: "repeat", 2: "repeat", 3: "once", 4: "once" };

/** Between two rounds of what nobody has taken note of. */
const AGAIN_MS = 8000;
/** What was never noted in this time no longer rings after a reload: the queue shows it. */
const KEPT_MS = 12 * 3600_000;

const GATHER_MS = 100;
const MOST = 200;

export interface Ring {
  id: string;
  number: number;
  title: string;
  level: number;
  at: number;
}

export interface Ringing {
  modes: Ref<Modes>;
  setMode(level: 1 | 2 | 3 | 4, mode: Mode): void;
  /** Not yet noted, the gravest and newest first. */
  waiting: ComputedRef<Ring[]>;
  /** An incident appeared. */
  came(i: Incident): void;
  /** What rings by rules of its own, a panic button or a missed check-in: heard at once or right after what sounds now,
   * whatever the levels are set to, and from one window. */
  urge(): void;
  /** Somebody took note: of these, or of all. */
  note(ids?: readonly string[]): void;
  /** The shift has begun here: the sound was asked for. */
  started: Ref<boolean>;
  /** Unlocks the sound; from a click or a key. */
  start(): Promise<boolean>;
  stop(): void;
  test(level: number): void;
  /** This window is the one that sounds. */
  sounds: ComputedRef<boolean>;
  /** Nobody would hear a thing, in no window: why. */
  silent: ComputedRef<"" | "off" | "lost">;
}

const byGravity = (a: Ring, b: Ring): number => a.level - b.level || b.at - a.at;

function kept<T>(key: string, fallback: T): T {
  try {
    return (JSON.parse(localStorage.getItem(key) ?? "null") as T | null) ?? fallback;
  } catch {
    return fallback;
  }
}
function keep(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // A full storage: the setting lasts as long as the page.
  }
}

export function createRinging(session: Session, windows: Windows): Ringing {
  const account = session.user.value?.id ?? "";
  const modesKey = `fq.console.tones.${account}`;
  const ringsKey = `fq.console.rings.${account}`;
  const startedKey = "fq.console.started";
  const modes = ref<Modes>({ ...USUAL, ...kept<Partial<Modes>>(modesKey, {}) });
  const rings: ShallowRef<Ring[]> = shallowRef(kept<Ring[]>(ringsKey, []).filter((r) => Date.now() - r.at < KEPT_MS));
  const started = ref(sessionStorage.getItem(startedKey) === account);
  const leadership = createLeadership();
  const { store } = session;

  /* A flood of reports comes at once: they are gathered for a moment, then shown and kept together. */
  let gathered: Ring[] = [];
  let gathering: ReturnType<typeof setTimeout> | null = null;
  const put = (next: Ring[]) => {
    rings.value = next;
    keep(ringsKey, next);
  };
  const gather = (r: Ring) => {
    gathered.push(r);
    gathering ??= setTimeout(() => {
      gathering = null;
      const known = new Set(rings.value.map((x) => x.id));
      const all = [...rings.value, ...gathered.filter((x) => !known.has(x.id))];
      gathered = [];
      // Beyond what anybody could note one by one, the gravest stay: the queue has the rest.
      put(all.length > MOST ? [...all].sort(byGravity).slice(0, MOST) : all);
    }, GATHER_MS);
  };
  const drop = (ids: readonly string[]) => {
    const gone = new Set(ids);
    if (rings.value.some((r) => gone.has(r.id))) put(rings.value.filter((r) => !gone.has(r.id)));
  };

  const waiting = computed(() => [...rings.value].sort(byGravity));
  const sounds = computed(() => leadership.leads.value && canSound.value);
  const silent = computed(() => (leadership.anybody.value ? "" : started.value ? "lost" : "off"));

  watch(
    [started, canSound],
    ([on, can]) => {
      if (on && can) leadership.stand();
      else leadership.resign();
    },
    { immediate: true },
  );

  /* Several that came together sound as the gravest of them. */
  let pending = 0;
  let busyUntil = 0;
  const sound = (level: number) => {
    if (!sounds.value) return;
    const now = Date.now();
    if (now < busyUntil) {
      if (!pending) setTimeout(() => ((busyUntil = 0), sound(pending), (pending = 0)), busyUntil - now);
      pending = pending ? Math.min(pending, level) : level;
      return;
    }
    busyUntil = now + toneMs(level) + 200;
    playTone(level);
  };

  const round = setInterval(() => {
    const gravest = waiting.value[0];
    if (gravest) sound(gravest.level);
  }, AGAIN_MS);
  const stopWatching = watchSound();
  const stopEntries = store.watchEntries((e) => {
    // Somebody at a desk has it in hand, or it is over. What a rule does on its own nobody has seen.
    if (!e.subject || !rings.value.some((r) => r.id === e.subject)) return;
    const byHand = Boolean(e.actor) && e.actor !== "system" && !e.actor!.startsWith("policy/");
    if (byHand && (e.kind === "incident.accepted" || e.kind === "incident.dispatched")) drop([e.subject]);
  });
  watch(
    () => rings.value.filter((r) => store.incidents.has(r.id) && isEnded(store.incidents.get(r.id)!)).map((r) => r.id),
    (over) => over.length && drop(over),
  );
  windows.hear((word) => {
    if (word.kind === "noted") drop(word.ids);
  });
  const fromOther = (e: StorageEvent) => {
    if (e.key === modesKey) modes.value = { ...USUAL, ...kept<Partial<Modes>>(modesKey, {}) };
  };
  addEventListener("storage", fromOther);
  onScopeDispose(() => {
    clearInterval(round);
    stopWatching();
    stopEntries();
    removeEventListener("storage", fromOther);
  });

  return {
    modes,
    setMode(level, mode) {
      modes.value = { ...modes.value, [level]: mode };
      keep(modesKey, modes.value);
      if (mode !== "repeat") drop(rings.value.filter((r) => r.level === level).map((r) => r.id));
    },
    waiting,
    came(i) {
      const level = (LEVELS as readonly number[]).includes(i.level) ? (i.level as 1 | 2 | 3 | 4) : 4;
      const mode = modes.value[level];
      if (mode === "off") return;
      if (mode === "repeat") gather({ id: i.id, number: i.number, title: i.title, level, at: Date.now() });
      sound(level);
    },
    urge: () => sound(1),
    note(ids = rings.value.map((r) => r.id)) {
      if (!ids.some((id) => rings.value.some((r) => r.id === id))) return;
      drop(ids);
      windows.say({ kind: "noted", ids: [...ids] });
    },
    started,
    async start() {
      const can = await unlockSound();
      started.value = true;
      sessionStorage.setItem(startedKey, account);
      return can;
    },
    stop() {
      started.value = false;
      sessionStorage.removeItem(startedKey);
    },
    test: (level) => playTone(level),
    sounds,
    silent,
  };
}
