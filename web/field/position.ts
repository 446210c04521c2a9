// The phone's position: once on request, and while on duty now and then to the server (volatile).

import type { Link } from "../shared/link";
import type { Place } from "../shared/types";
import type { Word } from "../shared/i18n";

/** A position older than this tells a dispatcher nothing new; more often costs battery. */
const SHARE_EVERY_MS = 30_000;

let last: Place | null = null;

const toPlace = (p: GeolocationPosition): Place =>
  (last = {
    lon: Number(p.coords.longitude.toFixed(6)),
    lat: Number(p.coords.latitude.toFixed(6)),
    acc: Math.round(p.coords.accuracy),
  });

/** What the phone said last, for those who cannot wait for satellites. */
export const lastPlace = (): Place | null => last;

export class PositionError extends Error {
  constructor(readonly word: Word) {
    super(word);
  }
}

export function locate(): Promise<Place> {
  return new Promise((resolve, reject) => {
    if (!isSecureContext || !navigator.geolocation) {
      reject(new PositionError("gps.insecure"));
      return;
    }
    navigator.geolocation.getCurrentPosition(
      (p) => resolve(toPlace(p)),
      (e) => reject(new PositionError(e.code === e.PERMISSION_DENIED ? "gps.denied" : "gps.failed")),
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 10_000 },
    );
  });
}

/** Has the person allowed it before, so that asking bothers nobody? */
export async function allowed(): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: "geolocation" })).state === "granted";
  } catch {
    return false;
  }
}

/** Sends positions until the returned function is called. Says nothing when the phone gives none. */
export function sharePosition(link: Link): () => void {
  if (!isSecureContext || !navigator.geolocation) return () => undefined;
  let sharedAt = 0;
  const watch = navigator.geolocation.watchPosition(
    (p) => {
      const place = toPlace(p);
      const now = Date.now();
      if (now - sharedAt < SHARE_EVERY_MS) return;
      sharedAt = now;
      link.notify("position.update", { ...place, at: new Date(link.serverNow()).toISOString() });
    },
    () => undefined,
    { enableHighAccuracy: false, maximumAge: 15_000 },
  );
  return () => navigator.geolocation.clearWatch(watch);
}
