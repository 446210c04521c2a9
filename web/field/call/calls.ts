// The one call this phone is in, or is about to be: begun from a ring, a task, a missed call, or taken up again after the
// page was loaded anew.

import { shallowRef, type Component } from "vue";

export interface Begun {
  id: string;
  how: "join" | "resume";
  audioOnly?: boolean;
  /** Nobody pressed a button: he was pulled in. */
  forced?: boolean;
}

const KEY = "fq.field.call";
export const call = shallowRef<Begun | null>(null);
/** What draws a call, once it has been fetched; "failed": there was no network for it. */
export const view = shallowRef<Component | "failed" | null>(null);
let fetching = false;

/** Fetched when it rings, so that it is there when it is answered. */
export async function fetchView(): Promise<void> {
  if (fetching || (view.value && view.value !== "failed")) return;
  fetching = true;
  try {
    view.value = (await import("./CallView.vue")).default;
  } catch {
    view.value = "failed";
  }
  fetching = false;
}

export function begin(b: Begun): void {
  call.value = b;
  localStorage.setItem(KEY, b.id);
  void fetchView();
}

export function finish(): void {
  call.value = null;
  localStorage.removeItem(KEY);
}

/** Did this phone sit in it before the page was loaded anew? Another device's seat is left alone. */
export const satIn = (id: string): boolean => localStorage.getItem(KEY) === id;

/** Whoever is pulled in must have allowed both before: nothing asks him now. */
export async function allowed(): Promise<boolean> {
  try {
    const both = await Promise.all(["camera", "microphone"].map((name) => navigator.permissions.query({ name: name as PermissionName })));
    return both.every((p) => p.state === "granted");
  } catch {
    return false; // a browser that does not say is not taken at its word
  }
}
