// The one call this phone is in, or is about to be: begun from a ring, a task, a missed call, or taken up again after the
// page was loaded anew.

import { shallowRef, type Component, type ShallowRef } from "vue";

export interface Begun {
  id: string;
  how: "join" | "resume";
  audioOnly?: boolean;
  /** Nobody pressed a button: he was pulled in. */
  forced?: boolean;
}

const KEY = "fq.field.call";
export const call = shallowRef<Begun | null>(null);
/** Joined again, it is another seat in the same call. */
export const turn = shallowRef(0);
/** What draws a call, once it has been fetched. */
export const view: ShallowRef<Component | null> = shallowRef(null);
/** There was no network to fetch it. */
export const notFetched = shallowRef(false);

/** Fetched when it rings, so that it is there when it is answered. */
export async function fetchView(): Promise<void> {
  if (view.value) return;
  try {
    view.value = (await import("./CallView.vue")).default;
    notFetched.value = false;
  } catch {
    notFetched.value = true;
  }
}

export function begin(b: Begun): void {
  call.value = b;
  turn.value++;
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
