// Several windows of one desk, on several screens: they share one sign-in, agree on what is chosen and filtered, and
// only one of them sounds. They speak over a BroadcastChannel, which never leaves the browser. A desk forgets with its
// last window: the sign-in is in each tab's own storage, and handed from window to window.

import { onScopeDispose, ref, type Ref } from "vue";
import { randomText } from "../shared/ids";
import type { Filter } from "../shared/incident";
import type { Kept, Sharing } from "../shared/session";

const LOGIN = "fq.console.login";
const DESK = "fq.console.desk";

/* ---- the sign-in ------------------------------------------------------------------------------------- */

/** A duplicated tab or one opened by another comes with a copy of its storage. The name in it is free only when the
 * window that had it said so as it went. */
function windowName(): string {
  const key = "fq.console.window";
  const free = "fq.console.window.free";
  const kept = sessionStorage.getItem(key);
  const name = kept && sessionStorage.getItem(free) === kept ? kept : randomText(3);
  sessionStorage.setItem(key, name);
  sessionStorage.removeItem(free);
  addEventListener("pagehide", () => sessionStorage.setItem(free, name));
  addEventListener("pageshow", () => sessionStorage.removeItem(free));
  return name;
}

type LoginWord = { ask: true } | { kept: Kept } | { out: true };

export function shareLogin(): Sharing {
  const channel = new BroadcastChannel(LOGIN);
  const say = (word: LoginWord) => channel.postMessage(word);
  return {
    window: windowName(),
    start({ kept, adopt, leave }) {
      channel.onmessage = (e: MessageEvent<LoginWord>) => {
        const word = e.data;
        if ("out" in word) leave();
        else if ("kept" in word) adopt(word.kept);
        else {
          const mine = kept();
          if (mine) say({ kept: mine });
        }
      };
      if (!kept()) say({ ask: true });
    },
    signedIn: (kept) => say({ kept }),
    signedOut: () => say({ out: true }),
  };
}

/* ---- what is looked at ------------------------------------------------------------------------------- */

/** What the windows agree on. */
export interface View {
  /** The chosen incident's id; "" for none. */
  selected: string;
  filter: Filter;
  level: number;
  search: string;
}

export type DeskWord =
  /** One that opened asks how things stand. */
  | { kind: "hello"; user: string }
  | { kind: "view"; user: string; view: Partial<View> }
  /** Every map that is open shows this place. */
  | { kind: "place"; user: string; unit: { id: string; name: string } }
  /** Somebody has taken note of these: they ring no more. */
  | { kind: "noted"; user: string; ids: string[] }
  /** A call: this window has it now, it is over, the window that had it goes, or who has one? */
  | { kind: "call"; user: string; id: string; where: "here" | "over" | "gone" | "asked" };

type Said<W> = W extends DeskWord ? Omit<W, "user"> : never;

export interface Windows {
  /** Does this window go along with the others? Kept for the tab. */
  linked: Ref<boolean>;
  say(word: Said<DeskWord>): void;
  hear(fn: (word: DeskWord) => void): void;
}

const LINKED = "fq.console.alone";

/** `user`: windows of other accounts are none of ours. */
export function createWindows(user: () => string): Windows {
  const channel = new BroadcastChannel(DESK);
  const linked = ref(sessionStorage.getItem(LINKED) !== "1");
  const listeners = new Set<(word: DeskWord) => void>();
  channel.onmessage = (e: MessageEvent<DeskWord>) => {
    if (e.data.user === user()) for (const fn of listeners) fn(e.data);
  };
  onScopeDispose(() => channel.close());
  return {
    linked,
    say: (word) => channel.postMessage({ ...word, user: user() }),
    hear: (fn) => void listeners.add(fn),
  };
}

export function keepLinked(linked: boolean): void {
  if (linked) sessionStorage.removeItem(LINKED);
  else sessionStorage.setItem(LINKED, "1");
}

/* ---- one of them sounds ------------------------------------------------------------------------------ */

export interface Leadership {
  /** This window is the one that sounds. */
  leads: Ref<boolean>;
  /** Some window is. */
  anybody: Ref<boolean>;
  /** From now on this window could. */
  stand(): void;
  /** ... could not any more: another that can takes over. */
  resign(): void;
}

const LOCK = "fq.console.sound";
/** Without locks (plain http from another machine) a lease in the storage; a hidden tab's timers run once a minute. */
const LEASE_MS = 70_000;
const RENEW_MS = 1000;

export function createLeadership(): Leadership {
  const leads = ref(false);
  const anybody = ref(false);
  const me = randomText(6);
  const locks = typeof navigator === "undefined" ? undefined : (navigator.locks as LockManager | undefined);
  let give: (() => void) | null = null;
  let abort: AbortController | null = null;
  let standing = false;

  const look = async () => {
    if (locks) {
      const held = (await locks.query()).held ?? [];
      anybody.value = leads.value || held.some((l) => l.name === LOCK);
      return;
    }
    const [who, at] = (localStorage.getItem(LOCK) ?? "").split(" ");
    const fresh = Date.now() - Number(at) < LEASE_MS;
    leads.value = standing && (!fresh || who === me || !who);
    if (leads.value) localStorage.setItem(LOCK, `${me} ${Date.now()}`);
    anybody.value = leads.value || (fresh && Boolean(who));
  };
  const timer = setInterval(() => void look(), RENEW_MS);
  void look();

  const stand = () => {
    if (standing) return;
    standing = true;
    if (!locks) return void look();
    abort = new AbortController();
    locks
      .request(LOCK, { signal: abort.signal }, () => {
        leads.value = anybody.value = true;
        return new Promise<void>((done) => (give = done));
      })
      .catch(() => undefined); // resigned while it waited
  };
  const resign = () => {
    if (!standing) return;
    standing = false;
    leads.value = false;
    abort?.abort();
    give?.();
    abort = give = null;
    if (!locks && localStorage.getItem(LOCK)?.startsWith(me)) localStorage.removeItem(LOCK);
    void look();
  };
  addEventListener("pagehide", resign);
  onScopeDispose(() => {
    clearInterval(timer);
    removeEventListener("pagehide", resign);
    resign();
  });
  return { leads, anybody, stand, resign };
}
