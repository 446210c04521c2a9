// The signed-in session of a page: ties the link to the browser (token kept across reloads, online and
// visibility events) and makes its state visible to Vue.

import { ref, shallowRef, type Ref, type ShallowRef } from "vue";
import { deviceName } from "./ids";
import { Link, type LinkState } from "./link";
import { Store } from "./store";
import { startTicker } from "./ticker";
import type { User } from "./types";

export interface Session {
  link: Link;
  store: Store;
  linkState: Ref<LinkState>;
  user: ShallowRef<User | null>;
  /** True when a session ended against the person's will: the sign-in form says so. */
  ended: Ref<boolean>;
  login(name: string, password: string): Promise<void>;
  logout(): void;
}

interface Kept {
  token: string;
  user: User;
}

/** `page` names the storage keys. A desk forgets with its tab, a phone and a wall remember. `topics`: volatile ones to hear. */
export function createSession(page: "console" | "field" | "admin" | "screen", topics: string[] = []): Session {
  const storage = page === "field" || page === "screen" ? localStorage : sessionStorage;
  const key = `fq.${page}.session`;
  const link = new Link({
    url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`,
    device: deviceName(storage, page),
    topics,
  });
  const store = new Store({ link, tasks: page === "field", incidents: page !== "admin" && page !== "screen" });
  const linkState = ref<LinkState>(link.state);
  const user = shallowRef<User | null>(null);
  const ended = ref(false);

  link.watchState((state) => {
    linkState.value = state;
    if (state === "signed_out") {
      storage.removeItem(key);
      store.clear();
      user.value = null;
      ended.value = true;
    }
  });
  addEventListener("online", () => link.reconnect());
  addEventListener("offline", () => link.networkGone());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && link.state === "down") link.reconnect();
  });
  startTicker(link);

  const kept = storage.getItem(key);
  if (kept) {
    try {
      const k = JSON.parse(kept) as Kept;
      user.value = k.user;
      link.start(k.token, k.user);
    } catch {
      storage.removeItem(key);
    }
  }

  return {
    link,
    store,
    linkState,
    user,
    ended,
    async login(name, password) {
      const r = await link.login(name, password);
      const mine: Kept = { token: r.token, user: r.user };
      storage.setItem(key, JSON.stringify(mine));
      ended.value = false;
      user.value = r.user;
    },
    logout() {
      storage.removeItem(key);
      link.signOut();
      store.clear();
      user.value = null;
      ended.value = false;
    },
  };
}
