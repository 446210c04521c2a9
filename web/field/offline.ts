// What this phone can do without a network, and newer builds of the page. The badge says which; why, and what to do, is a
// tap away.

import { ref } from "vue";
import type { Word } from "../shared/i18n";

/** "full": the page loads and works with no network. Anything else says why it does not. */
export type Offline = "starting" | "full" | "insecure" | "webview" | "unsupported" | "failed";

export const offline = ref<Offline>("starting");
/** A newer build is installed and waits for a person to take it. */
export const newer = ref(false);

const HOURLY = 3_600_000;
let registration: ServiceWorkerRegistration | null = null;
let asked = false;

export function offlineWord(o: Offline): Word {
  return `offline.${o}` as Word;
}

/** In-app browsers have no service worker, and empty what a page keeps when they like. */
export function isWebview(agent: string): boolean {
  return /MicroMessenger|DingTalk|AliApp|QQ\//i.test(agent);
}

export async function startOffline(): Promise<void> {
  // Missing on plain http, and in most in-app browsers.
  const serviceWorker = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (!serviceWorker) {
    offline.value = isWebview(navigator.userAgent) ? "webview" : isSecureContext ? "unsupported" : "insecure";
    return;
  }
  serviceWorker.addEventListener("controllerchange", () => {
    // The tab that asked takes the newer build at once; another keeps what it runs until it is opened anew.
    if (asked) location.reload();
  });
  try {
    registration = await serviceWorker.register("/field/sw.js", { scope: "/field/" });
    watch(registration);
    await serviceWorker.ready;
    offline.value = "full";
  } catch {
    offline.value = navigator.onLine ? "failed" : "starting";
    return;
  }
  const look = () => void registration?.update().catch(() => undefined);
  setInterval(look, HOURLY);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") look();
  });
}

function watch(r: ServiceWorkerRegistration): void {
  // Without a controller it is the first one: nothing to update from.
  const seen = () => (newer.value = r.waiting !== null && navigator.serviceWorker.controller !== null);
  seen();
  r.addEventListener("updatefound", () => r.installing?.addEventListener("statechange", seen));
}

/** Asks now whether there is a newer build: a reconnect is often a new server. */
export function lookForNewer(): void {
  void registration?.update().catch(() => undefined);
}

export function takeNewer(): void {
  asked = true;
  registration?.waiting?.postMessage("take over");
}
