// The signed-in session of a page: ties the link to the browser (token kept across reloads, online and
// visibility events) and makes its state visible to Vue.

import { ref, shallowRef, type Ref, type ShallowRef } from "vue";
import { deviceName } from "./ids";
import { Link, type LinkState } from "./link";
import type { Store } from "./store";
import { startTicker } from "./ticker";
import type { User } from "./types";

export interface Session<S = Store> {
  link: Link;
  /** What the page knows, kept true by the link. */
  store: S;
  linkState: Ref<LinkState>;
  user: ShallowRef<User | null>;
  /** True when a session ended against the person's will: the sign-in form says so. */
  ended: Ref<boolean>;
  login(name: string, password: string, otp?: string): Promise<void>;
  logout(): void;
}

/** A sign-in as it is kept, and as one window gives it to another. */
export interface Kept {
  token: string;
  user: User;
  /** The device the token was given to, when the page has several windows. */
  device?: string;
}

/** How the windows of one browser share a sign-in: what they tell each other, and whether this one is signed in. */
export interface Sharing {
  /** This window's own name under the device's: "console-k3#x7". */
  window: string;
  start(hooks: { kept(): Kept | null; adopt(kept: Kept): void; leave(): void }): void;
  signedIn(kept: Kept): void;
  signedOut(): void;
}

/** `page` names the storage keys. A desk forgets with its windows, a phone and a wall remember. `topics`: volatile ones to hear. */
export function createSession<S extends { clear(): void }>(
  page: "console" | "field" | "admin" | "screen" | "family",
  makeStore: (link: Link) => S,
  topics: string[] = [],
  sharing?: Sharing,
): Session<S> {
  const storage = ["field", "screen", "family"].includes(page) ? localStorage : sessionStorage;
  const key = `fq.${page}.session`;
  const device = deviceName(storage, page);
  const windowOf = (d: string) => (sharing ? `${d}#${sharing.window}` : d);
  const link = new Link({
    url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`,
    device: windowOf(device),
    loginDevice: device,
    topics,
  });
  const store = makeStore(link);
  const linkState = ref<LinkState>(link.state);
  const user = shallowRef<User | null>(null);
  const ended = ref(false);

  const forget = () => {
    storage.removeItem(key);
    store.clear();
    user.value = null;
  };
  link.watchState((state) => {
    linkState.value = state;
    if (state === "signed_out") {
      forget();
      ended.value = true;
    }
  });
  addEventListener("online", () => link.reconnect());
  addEventListener("offline", () => link.networkGone());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && link.state === "down") link.reconnect();
  });
  startTicker(link);

  const kept = (): Kept | null => {
    try {
      return JSON.parse(storage.getItem(key) ?? "null") as Kept | null;
    } catch {
      storage.removeItem(key);
      return null;
    }
  };
  const take = (k: Kept) => {
    storage.setItem(key, JSON.stringify(k));
    ended.value = false;
    user.value = k.user;
  };
  const begin = (k: Kept) => {
    take(k);
    link.start(k.token, k.user, windowOf(k.device ?? device));
  };
  const mine = kept();
  if (mine) begin(mine);
  sharing?.start({
    kept: () => (user.value ? kept() : null),
    adopt: (k) => {
      if (!user.value) begin(k);
    },
    leave: () => {
      if (!user.value) return;
      forget();
      link.stop();
    },
  });

  return {
    link,
    store,
    linkState,
    user,
    ended,
    async login(name, password, otp) {
      const r = await link.login(name, password, otp);
      const k: Kept = { token: r.token, user: r.user, ...(sharing && { device }) };
      take(k);
      sharing?.signedIn(k);
    },
    logout() {
      link.signOut();
      forget();
      ended.value = false;
      sharing?.signedOut();
    },
  };
}
